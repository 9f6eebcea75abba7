#!/bin/sh
# A device over MQTT with the Mosquitto clients (Debian: mosquitto-clients), jq and openssl. Uses the bundle that
# `hydroalert provision` wrote for the device.
#
#   mosquitto.sh <bundle> data '{"water_level_cm": 245.5}'     one reading, taken now
#   mosquitto.sh <bundle> signed '{"water_level_cm": 245.5}'   the same, signed with the HMAC secret
#   mosquitto.sh <bundle> status online|maintenance|fault [message]
#   mosquitto.sh <bundle> heartbeat
#   … | mosquitto.sh <bundle> stream                           a reading for each line of values that comes in
#   mosquitto.sh <bundle> commands                             prints commands and answers each with "ok"
#
# QoS 1: the program ends with 0 when the broker has the message. Send again what was not acknowledged, with the same
# timestamp: the platform stores a reading once. `stream` and `commands` stay connected and leave a last will.
# MQTT_VERSION=5 or 311 says which version to speak; unless set it is 5, and 3.1.1 with a broker that refuses that.
set -eu

fail() { echo "$1" >&2; exit 1; }
[ $# -ge 2 ] || fail "usage: [MQTT_VERSION=5|311] $0 <bundle> data|signed|status|heartbeat|stream|commands [argument]"
bundle=$1 what=$2
[ -r "$bundle/credentials.json" ] || fail "$bundle/credentials.json cannot be read"
get() { jq -r "$1 // empty" "$bundle/credentials.json"; }

# Options of the connection stand in a file, because command lines can be read by everybody on the machine.
private=$(mktemp -d)
trap 'rm -rf "$private"' EXIT INT TERM
(
  umask 077
  {
    printf -- '-h %s\n-p %s\n-i %s\n-q 1\n' "$(get .mqtt.host)" "$(get .mqtt.port)" "$(get .mqtt.clientId)"
    [ -z "$(get .mqtt.username)" ] || printf -- '-u %s\n-P %s\n' "$(get .mqtt.username)" "$(get .mqtt.password)"
    if [ "$(get .mqtt.tls)" = true ]; then
      if [ -n "$(get .serverCaFile)" ]; then printf -- '--cafile %s\n' "$bundle/$(get .serverCaFile)"
      else printf -- '--capath %s\n' "${CA_PATH:-/etc/ssl/certs}"; fi
      [ -z "$(get .certificate.keyFile)" ] || printf -- '--cert %s\n--key %s\n' \
        "$bundle/$(get .certificate.certificateFile)" "$bundle/$(get .certificate.keyFile)"
    fi
  } >"$private/mosquitto_pub"
  cp "$private/mosquitto_pub" "$private/mosquitto_sub"
  printf -- '--will-topic %s\n--will-payload {"status":"offline"}\n--will-qos 1\n' "$(get .mqtt.topics.status)" |
    tee "$private/will" >>"$private/mosquitto_sub"
)
export XDG_CONFIG_HOME="$private"

now() { date -u +%Y-%m-%dT%H:%M:%S.%3NZ; }
reading() { jq -cn --arg timestamp "$(now)" --argjson values "$1" '{$timestamp, $values}'; }

# Runs a program of Mosquitto, and once more with 3.1.1 where the broker knows nothing newer. Programs connect before they
# read their input, so that none of it is lost by the first try.
speak() {
  version=${MQTT_VERSION:-5} code=0
  errors=$(mktemp "$private/errors.XXXXXX")
  "$@" 2>"$errors" || code=$?
  if [ $code -ne 0 ] && [ -z "${MQTT_VERSION:-}" ] && grep -qi 'protocol version' "$errors"; then
    version=311 code=0
    "$@" || code=$?
  else
    cat "$errors" >&2
  fi
  return $code
}
send() { topic=$1; shift; mosquitto_pub -V "$version" -t "$(get ".mqtt.topics.$topic")" "$@"; }
publish() { speak send "$@"; }
listen() { mosquitto_sub -V "$version" -t "$(get .mqtt.topics.command)"; }
# With MQTT 5 the signature stands in user properties; 3.1.1 has none, there it is wrapped around the body.
send_signed() {
  case $version in
  *5)
    send data -m "$body" -D PUBLISH user-property x-key-id "$key" -D PUBLISH user-property x-timestamp "$stamp" \
      -D PUBLISH user-property x-nonce "$nonce" -D PUBLISH user-property x-signature "$signature"
    ;;
  *)
    send data -m "$(jq -cn --arg body "$body" --arg keyId "$key" --argjson timestamp "$stamp" --arg nonce "$nonce" \
      --arg signature "$signature" '{payload: ($body | @base64), $keyId, $timestamp, $nonce, $signature}')"
    ;;
  esac
}

case $what in
data) publish data -m "$(reading "$3")" ;;
signed)
  body=$(reading "$3") stamp=$(date +%s%3N) nonce=$(openssl rand -hex 16) key=$(get .hmac.keyId)
  [ -n "$key" ] || fail "the bundle holds no HMAC secret to sign with"
  # openssl takes the secret from its command line only; where others may look on, sign in a program of your own.
  signature=$(printf '%s\n%s\n%s' "$stamp" "$nonce" "$body" | openssl dgst -sha256 -hmac "$(get .hmac.secret)" -r | cut -d ' ' -f 1)
  speak send_signed
  ;;
status) publish status -m "$(jq -cn --arg status "${3:-online}" --arg message "${4:-}" '{$status} + if $message == "" then {} else {$message} end')" ;;
heartbeat) publish heartbeat -m '{}' ;;
stream)
  cat "$private/will" >>"$private/mosquitto_pub"
  while read -r values; do reading "$values"; done | publish data -l
  ;;
commands)
  speak listen | while read -r command; do
    echo "$command"
    # What the command asks for is done here. The answer needs a client id of its own while the other is connected.
    answer=$(printf '%s' "$command" | jq -c '{commandId, status: "ok"}')
    publish response -i "$(get .mqtt.clientId)-answer" -m "$answer"
  done
  ;;
*) fail "what is \"$what\"?" ;;
esac
