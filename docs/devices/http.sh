#!/bin/sh
# A reading over HTTP with curl, jq and (for signatures) openssl. Uses the bundle that `hydroalert provision` wrote.
#
#   http.sh <bundle> '{"water_level_cm": 245.5}'            with the API key
#   http.sh <bundle> '{"water_level_cm": 245.5}' --signed   with the HMAC secret
#
# Prints the answer: {"accepted", "duplicates", "rejected"}. A timestamp is sent with the values, so that a repetition
# after a lost answer is stored once. Ends with 0 when the platform has taken the message.
set -eu

[ $# -ge 2 ] || { echo "usage: $0 <bundle> <values as JSON> [--signed]" >&2; exit 1; }
bundle=$1
get() { jq -r "$1 // empty" "$bundle/credentials.json"; }
body=$(jq -cn --arg timestamp "$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)" --argjson values "$2" '{$timestamp, $values}')

# The secret header goes in by standard input: command lines can be read by everybody on the machine.
send() {
  ca=$(get .serverCaFile)
  curl --silent --show-error --fail-with-body --max-time 30 --config - ${ca:+--cacert "$bundle/$ca"} \
    -H 'Content-Type: application/json' -H "X-Device-Id: $(get .deviceId)" --data-binary "$body" \
    "$(get .apiUrl)/readings"
  echo
}

if [ "${3:-}" = --signed ]; then
  stamp=$(date +%s%3N) nonce=$(openssl rand -hex 16)
  signature=$(printf '%s\n%s\n%s' "$stamp" "$nonce" "$body" | openssl dgst -sha256 -hmac "$(get .hmac.secret)" -r | cut -d ' ' -f 1)
  # A signature counts once: whoever sends again signs again.
  send <<END
header = "X-Key-Id: $(get .hmac.keyId)"
header = "X-Timestamp: $stamp"
header = "X-Nonce: $nonce"
header = "X-Signature: $signature"
END
else
  send <<END
header = "X-Api-Key: $(get .apiKey)"
retry = 5
retry-all-errors
END
fi
