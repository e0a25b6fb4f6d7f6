# Asks the kubelet how it is. Before it stand: address, port.
case $address in
  *:*) address="[$address]" ;;
esac
url=http://$address:$port/healthz
if command -v curl >/dev/null 2>&1; then
  curl --silent --show-error --noproxy '*' --max-time 3 "$url" 2>&1 || :
elif command -v wget >/dev/null 2>&1; then
  wget -q -T 3 -O - "$url" 2>&1 || :
elif command -v bash >/dev/null 2>&1; then
  timeout 3 bash -c 'exec 3<>/dev/tcp/'"$address/$port"' && printf "GET /healthz HTTP/1.0\r\n\r\n" >&3 && tail -n 1 <&3' 2>/dev/null || :
else
  echo "cannot ask"
fi
