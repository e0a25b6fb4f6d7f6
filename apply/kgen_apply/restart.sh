# Restarts what reads changed files. Before it stand: reload, kubelet, pods, socket. What fails is said, and no more:
# on a host without systemd whoever runs the kubelet restarts it, as after kubeadm.
control() {
  if ! command -v systemctl >/dev/null 2>&1; then
    echo "there is no systemctl; do by hand: $*"
  elif ! answer=$(systemctl "$@" 2>&1 9>&-); then
    echo "systemctl $* failed, do it by hand: $(echo "$answer" | tr '\n' ' ' | cut -c1-200)"
  fi
}
if [ "$reload" = 1 ] && [ -d /run/systemd/system ]; then control daemon-reload; fi
if [ "$kubelet" = 1 ]; then
  if [ "$(systemctl is-enabled kubelet 2>/dev/null)" = disabled ]; then control enable kubelet; fi
  control restart kubelet
fi
for pod in $pods; do
  if ! command -v crictl >/dev/null 2>&1; then
    echo "there is no crictl; restart $pod by hand"
    continue
  fi
  for id in $(crictl --runtime-endpoint "unix://$socket" ps -q --name "^$pod\$" 2>/dev/null || :); do
    crictl --runtime-endpoint "unix://$socket" stop "$id" >/dev/null 2>&1 9>&- || echo "$pod could not be restarted"
  done
done
rm -f /var/lib/kgen/pending
