# What is there to take away. Changes nothing. Before it stand: certificates, temporary, files.
list() { # directory: its entries
  if [ -d "$1" ]; then ls -A "$1" | sed "s|^|entry $1/|"; fi
}
list /etc/kubernetes/manifests
list "$certificates"
if [ -n "$temporary" ]; then list "$temporary"; fi
if [ -d /var/lib/kubelet ]; then
  real=$(cd -P /var/lib/kubelet && pwd -P)
  echo "kubelet $real"
  list "$real"
  while read -r _ place _; do
    case $place in "$real"/*) echo "mount $place" ;; esac
  done </proc/mounts
fi
for file in $files; do
  if [ -e "$file" ] || [ -L "$file" ]; then echo "file $file"; fi
done
if [ -r /etc/kubernetes/manifests/etcd.yaml ]; then echo "etcd $(base64 </etc/kubernetes/manifests/etcd.yaml | tr -d '\n')"; fi
if [ -d /var/lib/etcd ]; then echo "default $(ls -A /var/lib/etcd | wc -l)"; fi
if command -v crictl >/dev/null 2>&1; then echo "crictl yes"; fi
