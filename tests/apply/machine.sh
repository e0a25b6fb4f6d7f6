#!/bin/sh
# The first process of a machine: machine.sh DIRECTORY NAME ADDRESS. Its root is the real one under a layer in memory, so
# that whatever is written stays in the machine; then it is an SSH server.
set -eu
directory=$1 name=$2 address=$3
root=$directory/root
hostname "$name"
mkdir -p "$directory/layer" "$root"
mount -t tmpfs -o mode=755 machine "$directory/layer"
mkdir "$directory/layer/upper" "$directory/layer/work"
mount -t overlay -o "lowerdir=/,upperdir=$directory/layer/upper,workdir=$directory/layer/work" overlay "$root"
rm -rf "$root/etc/kubernetes" "$root/var/lib/kubelet" "$root/var/lib/etcd" "$root/var/lib/kgen" "$root/root/.ssh"
rm -rf "$root/usr/lib/systemd/system/kubelet.service" "$root/usr/lib/systemd/system/kubelet.service.d"
sed -i "s,^root:.*,root:x:0:0::/root:/bin/sh," "$root/etc/passwd"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs -o mode=755 run "$root/run"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mkdir -p "$root/run/sshd" "$root/run/systemd/system" "$root/usr/local/sbin"
cp "$directory"/bin/* "$root/usr/local/sbin/"
printf '127.0.0.1 localhost\n%s %s\n' "$address" "$name" >"$root/etc/hosts"
for user in admin:3001 plain:3002; do
  name=${user%:*} id=${user#*:}
  echo "$name:x:$id:$id::/home/$name:/bin/sh" >>"$root/etc/passwd"
  echo "$name:*:20000:0:99999:7:::" >>"$root/etc/shadow"
  echo "$name:x:$id:" >>"$root/etc/group"
  mkdir -p "$root/home/$name/.ssh"
  cp "$directory/authorized_keys" "$root/home/$name/.ssh/"
  chown -R "$id:$id" "$root/home/$name"
done
mkdir -p "$root/etc/sudoers.d" "$root/root/.ssh"
echo 'admin ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/admin"
cp "$directory/authorized_keys" "$root/root/.ssh/"
chmod 700 "$root/root/.ssh" "$root"/home/*/.ssh
chmod 600 "$root"/root/.ssh/* "$root"/home/*/.ssh/*
cp "$directory/host_key" "$root/etc/ssh/machine_key"
cat >"$root/etc/ssh/machine_config" <<END
ListenAddress $address
HostKey /etc/ssh/machine_key
PidFile none
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
SetEnv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
END
cd "$root"
mkdir -p old
pivot_root . old
umount -l /old
touch /run/ready
exec /usr/sbin/sshd -D -e -f /etc/ssh/machine_config
