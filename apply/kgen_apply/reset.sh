# What kubeadm reset does. Before it stand: socket, data, peer, certificates, temporary, files. Empties directories and
# leaves them there. Each of its steps may be done twice.
runtime() { crictl --timeout 20s --runtime-endpoint "unix://$socket" "$@"; }
empty() { # a directory: everything in it, nothing outside it, links not followed
  [ -d "$1" ] || return 0
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if [ -e "$entry" ] || [ -L "$entry" ]; then rm -rf -- "$entry"; fi
  done
  echo "emptied $1"
}
leave() { # etcd's member list, without this member, if there are others
  id=$(runtime ps --quiet --name '^etcd$' 2>/dev/null | head -n 1)
  pki=$certificates/etcd
  set -- --endpoints=https://127.0.0.1:2379 --cacert="$pki/ca.crt" --cert="$pki/server.crt" --key="$pki/server.key"
  members=$(runtime exec "$id" etcdctl "$@" member list 2>/dev/null) || return 1
  [ "$(echo "$members" | wc -l)" -gt 1 ] || return 0
  own=$(echo "$members" | grep -F "$peer" | cut -d, -f1)
  [ -n "$own" ] || return 0
  runtime exec "$id" etcdctl "$@" member remove "$own" >/dev/null 2>&1 && echo "etcd member $own removed"
}
if [ -n "$peer" ]; then
  leave || echo "the etcd member could not be asked to leave; if there are others, remove $peer with etcdctl member remove"
fi
if ! command -v systemctl >/dev/null 2>&1; then
  echo "there is no systemctl; see to it that the kubelet is stopped"
elif ! answer=$(systemctl stop kubelet 2>&1 9>&-); then
  echo "systemctl stop kubelet failed; see to it that it is stopped: $(echo "$answer" | tr '\n' ' ' | cut -c1-200)"
fi
empty /etc/kubernetes/manifests
if command -v crictl >/dev/null 2>&1 && [ -S "$socket" ]; then
  for pod in $(runtime pods --quiet 2>/dev/null || :); do
    runtime stopp "$pod" >/dev/null 2>&1 || echo "pod $pod could not be stopped"
    runtime rmp --force "$pod" >/dev/null 2>&1 || echo "pod $pod could not be removed"
  done
else
  echo "there is no crictl or no $socket; containers of the kubelet that still run have to be stopped by hand"
fi
if [ -d /var/lib/kubelet ]; then
  real=$(cd -P /var/lib/kubelet && pwd -P)
  while read -r _ place _; do
    case $place in "$real"/*) umount "$place" 2>/dev/null || : ;; esac
  done </proc/mounts
  while read -r _ place _; do
    case $place in
      "$real"/*) echo "$place is still mounted; nothing below $real is deleted" >&2; exit 1 ;;
    esac
  done </proc/mounts
  empty "$real"
fi
if [ -n "$data" ]; then empty "$data"; fi
empty "$certificates"
if [ -n "$temporary" ]; then empty "$temporary"; fi
for file in $files; do
  if [ -e "$file" ] || [ -L "$file" ]; then rm -f -- "$file"; echo "deleted $file"; fi
done
rm -f /var/lib/kgen/pending
