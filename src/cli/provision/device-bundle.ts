import type { IssuedCredentials } from '../../devices/credentials/credential.schemas.js';
import { topicOf, TOPICS } from '../../mqtt/topics.js';
import { readmeOf } from './bundle-readme.js';
import type { BundledSensor, CredentialsFile } from './credentials-file.js';

/** A certificate as the API issues it; the key only where the platform made it. */
export interface IssuedCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem?: string;
  readonly caPem: string;
  readonly fingerprint: string;
  readonly serialNumber: string;
  readonly expiresAt: string;
}

/** Secrets of a device, as the API shows them once. */
export type DeviceSecrets = Pick<IssuedCredentials, 'apiKey' | 'mqtt' | 'hmac'> & { certificate?: IssuedCertificate };

/** Where devices of the installation report. */
export interface Doors {
  /** Of the installation, without `/api/v1`. */
  readonly url: string;
  readonly mqttUrl: string;
  /** Certificates (PEM) of the private authority that signed those of the server and the broker. */
  readonly serverCa?: string;
}

/** What is known of the device besides its secrets. */
export interface BundledDevice {
  readonly deviceId: string;
  readonly name?: string;
  readonly profile?: string;
  readonly sensors: readonly BundledSensor[];
}

const PORTS: Readonly<Record<string, number>> = { 'mqtt:': 1883, 'mqtts:': 8883, 'ws:': 80, 'wss:': 443 };
const CERTIFICATE = { certificateFile: 'device.crt', keyFile: 'device.key', caFile: 'ca.crt' };
const SERVER_CA = 'server-ca.crt';

/** The files of one device, by name. */
export function bundleOf(device: BundledDevice, secrets: DeviceSecrets, doors: Doors): Map<string, string> {
  const { certificate } = secrets;
  const credentials = credentialsFile(device, secrets, doors);
  const files = new Map([['credentials.json', `${JSON.stringify(credentials, null, 2)}\n`]]);
  if (certificate !== undefined) {
    files.set(CERTIFICATE.certificateFile, certificate.certificatePem);
    if (certificate.privateKeyPem !== undefined) files.set(CERTIFICATE.keyFile, certificate.privateKeyPem);
    files.set(CERTIFICATE.caFile, certificate.caPem);
  }
  if (doors.serverCa !== undefined) files.set(SERVER_CA, doors.serverCa);
  return files.set('README.txt', readmeOf(credentials));
}

function credentialsFile(device: BundledDevice, secrets: DeviceSecrets, doors: Doors): CredentialsFile {
  const { apiKey, mqtt, hmac, certificate } = secrets;
  const { deviceId, name, profile, sensors } = device;
  const broker = new URL(doors.mqttUrl);
  const topics = Object.entries(TOPICS).map(([what, pattern]) => [what, topicOf(pattern, deviceId)]);
  return {
    deviceId,
    ...(name && { name }),
    ...(profile && { profile }),
    apiUrl: `${doors.url}/api/v1`,
    ...(apiKey && { apiKey }),
    mqtt: {
      url: doors.mqttUrl,
      host: broker.hostname.replace(/^\[|\]$/g, ''),
      port: Number(broker.port) || PORTS[broker.protocol] || 1883,
      tls: broker.protocol === 'mqtts:' || broker.protocol === 'wss:',
      clientId: deviceId,
      ...mqtt,
      topics: Object.fromEntries(topics) as CredentialsFile['mqtt']['topics'],
    },
    ...(hmac && { hmac }),
    ...(certificate && { certificate: certificateFiles(certificate) }),
    ...(doors.serverCa !== undefined && { serverCaFile: SERVER_CA }),
    sensors,
  };
}

function certificateFiles({ privateKeyPem, fingerprint, expiresAt }: IssuedCertificate) {
  const { keyFile, ...files } = CERTIFICATE;
  return { ...files, ...(privateKeyPem !== undefined && { keyFile }), fingerprint, expiresAt };
}
