import { hostname } from 'node:os';
import { z } from 'zod';
import type { EnvReader } from './env-reader.js';
import { duration, flag, integer, urlWith } from './env-schemas.js';
import type { ProcessRole } from './roles.config.js';

/** The broker, how we sign in there, and how much we take at once; what is absent is left to the transport. */
export interface MqttConfig {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** Stable across restarts: the broker keeps our session, and so our unacknowledged messages, under this name. */
  readonly clientId: string;
  /** 4 is MQTT 3.1.1, 5 is MQTT 5; absent: 5 is tried first. */
  readonly protocolVersion?: 4 | 5;
  /** PEM texts for TLS; the server's certificate is always checked. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Name of the `$share` group; absent: an ordinary subscription. */
  readonly sharedGroup?: string;
  /** How long the broker keeps our session while we are away (MQTT 5). */
  readonly sessionExpirySeconds?: number;
  /** A batch is handed on when it holds this many messages … */
  readonly batchMaxMessages?: number;
  /** … or has waited this long while another one was running. */
  readonly batchLingerMs?: number;
  /** Above this many unsettled messages, reading from the broker pauses. */
  readonly maxInFlightMessages?: number;
  /** Shared secret of the broker's authentication hook; absent: the hook refuses everything. */
  readonly brokerHookToken?: string;
  /** How old a signed message may be when it arrives, since a broker may have kept it; also how long nonces are kept. */
  readonly signatureMaxAgeSeconds: number;
  /** The broker is a Mosquitto whose dynamic security is to know our devices, and we may manage it. */
  readonly dynamicSecurity: boolean;
}

const DEVELOPMENT_URL = 'mqtt://127.0.0.1:1883';
const MIN_HOOK_TOKEN_LENGTH = 16;
/** Seven days, in seconds. */
const DEFAULT_SIGNATURE_MAX_AGE = 604_800;

/** `MQTT_URL` has to be given in production where messages are taken in; elsewhere a local broker is assumed. */
export function readMqttConfig(reader: EnvReader, roles: ReadonlySet<ProcessRole>): MqttConfig {
  const url = urlWith('mqtt', 'mqtts', 'tcp', 'ssl', 'ws', 'wss');
  return {
    url: reader.read('MQTT_URL', reader.production && roles.has('ingest') ? url : url.default(DEVELOPMENT_URL)),
    username: reader.raw('MQTT_USERNAME'),
    password: reader.raw('MQTT_PASSWORD'),
    clientId: readClientId(reader),
    protocolVersion: reader.read('MQTT_PROTOCOL_VERSION', protocolVersionSchema.optional()),
    tls: readTls(reader),
    sharedGroup: reader.read('MQTT_SHARED_GROUP', topicWord.optional()),
    sessionExpirySeconds: reader.read('MQTT_SESSION_EXPIRY', duration.optional()),
    batchMaxMessages: reader.read('MQTT_BATCH_MAX_MESSAGES', integer(1, 10_000).optional()),
    batchLingerMs: reader.read('MQTT_BATCH_LINGER_MS', integer(0, 1_000).optional()),
    maxInFlightMessages: reader.read('MQTT_MAX_IN_FLIGHT_MESSAGES', integer(1, 60_000).optional()),
    brokerHookToken: reader.read(
      'BROKER_HOOK_TOKEN',
      z.string().min(MIN_HOOK_TOKEN_LENGTH, `must have at least ${MIN_HOOK_TOKEN_LENGTH} characters`).optional(),
    ),
    signatureMaxAgeSeconds: reader.read('MQTT_SIGNATURE_MAX_AGE', duration.default(DEFAULT_SIGNATURE_MAX_AGE)),
    dynamicSecurity: reader.read('MQTT_DYNAMIC_SECURITY', flag.optional()) ?? false,
  };
}

const topicWord = z.string().regex(/^[^/+#\s]{1,64}$/, 'must be one word without "/", "+" and "#"');

const protocolVersionSchema = z
  .enum(['4', '5', '3.1.1'], 'must be 4 (MQTT 3.1.1) or 5')
  .transform((text): 4 | 5 => (text === '5' ? 5 : 4));

function readClientId(reader: EnvReader): string {
  const schema = z.string().regex(/^[\x21-\x7e]{1,64}$/, 'must be 1–64 printable characters without spaces');
  return reader.read('MQTT_CLIENT_ID', schema.default(`hydroalert-${hostname().slice(0, 40)}`));
}

function readTls(reader: EnvReader): MqttConfig['tls'] {
  const tls = {
    ca: reader.file('MQTT_CA_FILE'),
    cert: reader.file('MQTT_CERT_FILE'),
    key: reader.file('MQTT_KEY_FILE'),
  };
  if ((reader.raw('MQTT_CERT_FILE') === undefined) !== (reader.raw('MQTT_KEY_FILE') === undefined)) {
    const absent = reader.raw('MQTT_CERT_FILE') === undefined ? 'MQTT_CERT_FILE' : 'MQTT_KEY_FILE';
    reader.problem(absent, 'is missing: a client certificate needs both its certificate and its key');
  }
  return tls;
}
