#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Process 1 of a lab host: init.sh DIRECTORY NAME ROUTER. It makes the host's own root from the machine's, tells when
# it is ready, and then reaps what is left over. lab.py starts it in namespaces of its own and connects its network.
set -euo pipefail
directory=$1 name=$2 router=$3 root=$1/root

hostname "$name"
read -r pid _ </proc/self/stat # as seen from outside
echo "$pid" >"$directory/pid.new"
mv "$directory/pid.new" "$directory/pid"
until [ -e "$directory/connected" ]; do sleep 0.02; done

# / is the machine's, and what is written to it stays in the host.
mount -t overlay -o "lowerdir=/,upperdir=$directory/memory/upper,workdir=$directory/memory/work" overlay "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs -o mode=755 run "$root/run"
mount -t tmpfs tmp "$root/tmp"
mount -t tmpfs -o mode=755 dev "$root/dev"
mkdir "$root"/dev/{pts,shm,mqueue}
for device in null zero full random urandom tty kmsg; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs shm "$root/dev/shm"
mount -t mqueue mqueue "$root/dev/mqueue"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
mount -t tmpfs -o mode=755 cgroup "$root/sys/fs/cgroup"
while read -r hierarchy; do
  mkdir "$root/sys/fs/cgroup/$hierarchy"
  mount -t cgroup -o "$hierarchy" cgroup "$root/sys/fs/cgroup/$hierarchy"
done <"$directory/hierarchies"

# Real directories: containerd's snapshots cannot lie on an overlay, and the kubelet wants a device below its own.
for place in lib/containerd lib/kubelet lib/etcd lib/cni log; do
  mkdir -p "$directory/disk/$place" "$root/var/$place"
  mount --bind "$directory/disk/$place" "$root/var/$place"
done
mkdir -p "$root/opt/lab" "$root/var/log/pods"
mount --bind "$directory/../lab" "$root/opt/lab"

# Whatever the machine itself has there.
rm -rf "$root/etc/kubernetes" "$root/etc/cni/net.d" "$root/etc/containerd" "$root/usr/lib/systemd/system/kubelet.service.d"
rm -rf "$root/root/.ssh" "$root/root/.kube"
echo "$name" >"$root/etc/hostname"
cp "$directory/../hosts" "$root/etc/hosts"
echo "nameserver $router" >"$root/etc/resolv.conf" # nothing answers there, and says so at once
tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
ln -sf /opt/lab/bin/kubelet "$root/usr/bin/kubelet"

mkdir "$root/.old"
cd "$root"
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
mount --make-rshared /
echo 1 >/proc/sys/net/ipv4/ip_forward
touch /opt/lab/"$name".ready
trap : TERM
while :; do
  sleep 1 &
  wait $! || true
done
