# Asks a component of this host how it is, as kubeadm does: certificates are not checked, nothing secret is sent.
# Before it stands: url.
if command -v curl >/dev/null 2>&1; then
  answer=$(curl --silent --show-error --insecure --noproxy '*' --max-time 5 "$url" 2>&1) || :
elif command -v wget >/dev/null 2>&1; then
  answer=$(wget -q -T 5 --no-check-certificate -O - "$url" 2>&1) || :
elif command -v bash >/dev/null 2>&1 && [ "${url#https}" = "$url" ]; then
  place=${url#http://}
  answer=$(timeout 5 bash -c 'host=${1%%/*} && exec 3<>"/dev/tcp/${host%:*}/${host##*:}" &&
    printf "GET /%s HTTP/1.0\r\n\r\n" "${1#*/}" >&3 && tail -n 1 <&3' bash "$place" 2>&1) || :
else
  answer="cannot ask: the host has no curl and no wget"
fi
case $answer in
  *'"health":"true"'*) answer=ok ;;
esac
printf '%.300s\n' "$answer"
