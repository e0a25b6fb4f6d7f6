# What a machine says about itself. Changes nothing. A line that begins with @ opens a section.
# Before it stand: targets (quoted paths, one a line), directories, dataDirectory, pem, socket, minimumDisk.
have() { command -v "$1" >/dev/null 2>&1; }
say() { printf '@%s\n%s\n' "$1" "$2"; }
say uid "$(id -u)"
say hostname "$(uname -n)"
say now "$(date +%s)"
say cpus "$(nproc 2>/dev/null || grep -c '^processor' /proc/cpuinfo)"
say memory "$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)"
say swaps "$(sed 1d /proc/swaps 2>/dev/null || :)"
say sysctls "$(for key in net/ipv4/ip_forward net/ipv6/conf/default/forwarding; do
  if [ -r "/proc/sys/$key" ]; then echo "$key $(cat "/proc/sys/$key")"; fi
done)"
say cgroup "$(stat -fc %T /sys/fs/cgroup 2>/dev/null || :) $([ -d /sys/fs/cgroup/memory ] && echo memory || :)"
say listening "$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null || :)"
say addresses "$(cat /proc/net/fib_trie 2>/dev/null || :)"
say addresses6 "$(cat /proc/net/if_inet6 2>/dev/null || :)"
say commands "$(for name in sh base64 chmod chown cp cut date flock id mkdir mv rm rmdir sha256sum stat sync \
  mount losetup crictl curl wget bash systemctl; do
  if have "$name"; then echo "$name"; fi
done)"
say kubelet "$(kubelet --version 2>&1 | sed -n 's/^Kubernetes v/v/p' || :)"
say socket "$([ -S "$socket" ] && echo yes || echo no)"
say runtime "$(if [ -S "$socket" ] && have crictl; then
  crictl --timeout 5s --runtime-endpoint "unix://$socket" version 2>&1 || :
fi)"
say systemd "$([ -d /run/systemd/system ] && echo yes || echo no)"
say unit "$(systemctl is-enabled kubelet 2>/dev/null || :; systemctl is-active kubelet 2>/dev/null || :)"
say firewalld "$(systemctl is-active firewalld 2>/dev/null || :)"
say pem "$([ -e "$pem" ] && echo yes || echo no)"
say data "$([ -d "$dataDirectory" ] && [ -n "$(ls -A "$dataDirectory")" ] && echo full || :)"
say pending "$(cat /var/lib/kgen/pending 2>/dev/null || :)"
say resolves "$(getent hosts "$(uname -n)" >/dev/null 2>&1 && echo yes || echo no)"
echo @leftovers
while IFS= read -r directory; do
  if [ -n "$directory" ] && [ -d "$directory/.kgen-apply" ]; then echo "$directory"; fi
done <<END
$directories
END
echo @owners
for owner in $owners; do
  case $owner in
    user:*) line=$(getent passwd "${owner#*:}" || grep "^${owner#*:}:" /etc/passwd || :) ;;
    group:*) line=$(getent group "${owner#*:}" || grep "^${owner#*:}:" /etc/group || :) ;;
  esac
  echo "$owner $(echo "$line" | cut -d: -f3)"
done
echo @directories
while IFS= read -r directory; do
  [ -n "$directory" ] || continue
  state=missing
  if [ -d "$directory" ]; then state=directory; elif [ -e "$directory" ] || [ -L "$directory" ]; then state=other; fi
  above=$directory
  until [ -d "$above" ]; do above=${above%/*}; above=${above:-/}; done
  echo "$state $(df -Pk "$above" | sed -n '$s/^[^ ]* *[0-9]* *[0-9]* *\([0-9]*\) .*/\1/p') $(stat -c %d "$above") $directory"
done <<END
$directories
END
echo @files
while IFS= read -r target; do
  [ -n "$target" ] || continue
  if [ -L "$target" ]; then echo "link - - - $target"
  elif [ -f "$target" ]; then
    sum=$(sha256sum <"$target")
    echo "file $(stat -c '%a %U:%G' "$target") ${sum%% *} $target"
  elif [ -e "$target" ]; then echo "other - - - $target"
  else echo "missing - - - $target"
  fi
done <<END
$targets
END
