#!/bin/sh
# A reading over HTTP with curl, jq and (for signatures) openssl. Uses the bundle that `hydroalert provision` wrote.
#
#   http.sh <bundle> '{"water_level_cm": 245.5}'            with the API key
#   http.sh <bundle> '{"water_level_cm": 245.5}' --signed   with the HMAC secret
#
# Prints the answer: {"data": {"accepted", "duplicates", "rejected"}}. A timestamp is sent with the values, so that a
# repetition after a lost answer is stored once. Ends with 0 when the platform has at least one of the values. Tries five
# times when there is no answer, or one of 429 or 5xx; what the platform refuses is not sent again.
set -eu

fail() { echo "$1" >&2; exit 1; }
[ $# -ge 2 ] || fail "usage: $0 <bundle> <values as JSON> [--signed]"
bundle=$1 how=${3:-}
[ -r "$bundle/credentials.json" ] || fail "$bundle/credentials.json cannot be read"
get() { jq -r "$1 // empty" "$bundle/credentials.json"; }
case $how in
'') [ -n "$(get .apiKey)" ] || fail "the bundle holds no API key; with an HMAC secret in it add --signed" ;;
--signed) [ -n "$(get .hmac.secret)" ] || fail "the bundle holds no HMAC secret to sign with" ;;
*) fail "what is \"$how\"?" ;;
esac
body=$(jq -cn --arg timestamp "$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)" --argjson values "$2" '{$timestamp, $values}')
ca=$(get .serverCaFile) url=$(get .apiUrl)/readings id=$(get .deviceId)
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# Secret headers go in by standard input: command lines can be read by everybody on the machine.
secret_headers() {
  if [ -z "$how" ]; then
    printf 'header = "X-Api-Key: %s"\n' "$(get .apiKey)"
    return
  fi
  # A signature counts once: each try signs again.
  stamp=$(date +%s%3N) nonce=$(openssl rand -hex 16)
  signature=$(printf '%s\n%s\n%s' "$stamp" "$nonce" "$body" | openssl dgst -sha256 -hmac "$(get .hmac.secret)" -r | cut -d ' ' -f 1)
  printf 'header = "%s"\n' "X-Key-Id: $(get .hmac.keyId)" "X-Timestamp: $stamp" "X-Nonce: $nonce" "X-Signature: $signature"
}

try=1
while :; do
  code=0
  status=$(secret_headers | curl --silent --show-error --max-time 30 --config - ${ca:+--cacert "$bundle/$ca"} \
    -H 'Content-Type: application/json' -H "X-Device-Id: $id" --data-binary "$body" \
    --output "$answer" --write-out '%{http_code}' "$url") || code=$?
  # No name, no connection, no or half an answer; a certificate that is not trusted stays so.
  case $code/$status in
  5/* | 6/* | 7/* | 16/* | 18/* | 28/* | 35/* | 52/* | 55/* | 56/* | 92/* | 0/429 | 0/5??) ;;
  *) break ;;
  esac
  [ $try -lt 5 ] || break
  sleep $((1 << try))
  try=$((try + 1))
done
[ $code -eq 0 ] || exit $code
cat "$answer"
echo
case $status in
2??) jq -e '.data | .accepted + .duplicates > 0' "$answer" >/dev/null || fail "the platform has taken none of the values" ;;
*) fail "the platform answered $status" ;;
esac
