import type { CredentialsFile } from './credentials-file.js';

/** What a person does with a bundle, with lines that are ready to be tried; it names files instead of repeating secrets. */
export function readmeOf(credentials: CredentialsFile): string {
  const { deviceId, name, profile, apiKey, hmac, certificate } = credentials;
  const value = credentials.sensors[0]?.code ?? 'water_level_cm';
  const parts = [
    `${deviceId}${name === undefined ? '' : ` (${name})`}`,
    'These files are the identity of one device. Keep them as a key; nobody can show them again.\n' +
      'The lines below are typed in this folder and need jq. Programs to build on are in docs/devices of HydroAlert.',
    ...(profile === undefined
      ? [
          ...(mayUseMqtt(credentials) ? [mqttLines(credentials, value)] : []),
          ...(apiKey === undefined ? [] : [httpLines(credentials, value)]),
        ]
      : [makeLines(credentials, profile)]),
    ...(hmac === undefined
      ? []
      : ['Signed readings: hmac.keyId and hmac.secret; docs/devices/http.sh and mosquitto.sh sign with them.']),
    ...(certificate === undefined ? [] : [`The certificate is valid until ${certificate.expiresAt}.`]),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** A certificate is shown over TLS only, and not without its key. */
function mayUseMqtt({ mqtt, certificate }: CredentialsFile): boolean {
  return mqtt.username !== undefined || (mqtt.tls && certificate?.keyFile !== undefined);
}

/** No example can know the format of a make. */
function makeLines(credentials: CredentialsFile, profile: string): string {
  const { mqtt, apiUrl, apiKey } = credentials;
  return [
    `The device sends the format of its make, as the profile "${profile}" says (docs/payloads.md), to`,
    ...(mayUseMqtt(credentials) ? [`  ${mqtt.topics.data} at ${mqtt.url}`] : []),
    ...(apiKey === undefined ? [] : [`  ${apiUrl}/readings, with the headers X-Device-Id and X-Api-Key`]),
    'The programs in docs/devices send {"timestamp", "values"} and are not for it.',
  ].join('\n');
}

function mqttLines({ mqtt, certificate, serverCaFile }: CredentialsFile, metric: string): string {
  const secret =
    mqtt.username === undefined
      ? []
      : [`-u "$(jq -r .mqtt.username credentials.json)" -P "$(jq -r .mqtt.password credentials.json)"`];
  const trust = mqtt.tls ? [serverCaFile === undefined ? '--capath /etc/ssl/certs' : `--cafile ${serverCaFile}`] : [];
  const client =
    mqtt.tls && certificate?.keyFile !== undefined
      ? [`--cert ${certificate.certificateFile} --key ${certificate.keyFile}`]
      : [];
  return [
    'A reading by MQTT:',
    `  mosquitto_pub -h ${mqtt.host} -p ${mqtt.port} -i ${mqtt.clientId} -q 1 \\`,
    ...[...secret, ...trust, ...client].map((part) => `    ${part} \\`),
    `    -t ${mqtt.topics.data} -m '{"values": {"${metric}": 12.5}}'`,
  ].join('\n');
}

function httpLines({ apiUrl, deviceId, serverCaFile }: CredentialsFile, metric: string): string {
  const trust = serverCaFile === undefined ? '' : ` --cacert ${serverCaFile}`;
  return [
    'A reading by HTTP:',
    `  curl${trust} -X POST ${apiUrl}/readings -H 'Content-Type: application/json' \\`,
    `    -H 'X-Device-Id: ${deviceId}' -H "X-Api-Key: $(jq -r .apiKey credentials.json)" \\`,
    `    -d '{"values": {"${metric}": 12.5}}'`,
  ].join('\n');
}
