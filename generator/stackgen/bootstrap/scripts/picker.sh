
picker() { # namespace, pod, port, Secret: the metrics of an endpoint picker
  local token seen forward port='' status=1
  token=$(kubectl get secret "$4" --namespace "$1" --output 'jsonpath={.data.token}') || return 1
  token=$(printf '%s' "$token" | base64 --decode) && [ -n "$token" ] || return 1
  seen=$(mktemp) || return 1
  kubectl port-forward --namespace "$1" "pod/$2" ":$3" >"$seen" &
  forward=$!
  for _ in {1..50}; do
    port=$(sed -n 's/^Forwarding from 127[.]0[.]0[.]1:\([0-9]*\) .*/\1/p' "$seen")
    [ -z "$port" ] || break
    kill -0 "$forward" 2>/dev/null || break
    sleep 0.2
  done
  if [ -n "$port" ]; then
    printf 'header = "Authorization: Bearer %s"\n' "$token" |
      curl --silent --show-error --fail --max-time 30 --config - "http://127.0.0.1:$port/metrics"
    status=$?
  fi
  kill "$forward" 2>/dev/null
  wait "$forward" 2>/dev/null
  rm -f "$seen"
  return "$status"
}
