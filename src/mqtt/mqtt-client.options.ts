import type { IClientOptions } from 'mqtt';
import type { MqttSettings } from './mqtt.options.js';

/** `tls.connect` reads it from the options of the client; mqtt.js does not declare it. */
type ClientOptions = IClientOptions & { minVersion?: 'TLSv1.2' };

/** A connection of ours: under which id, and whether the broker keeps a session for it. */
export interface ConnectionIdentity {
  readonly clientId: string;
  readonly persistent: boolean;
}

/** The URL in the words of mqtt.js, which knows `tcp://` and `ssl://` but takes no client certificate with them. */
export function mqttClientUrl(url: string): string {
  return url.replace(/^tcp:/i, 'mqtt:').replace(/^(ssl|tls):/i, 'mqtts:');
}

/** Our settings in the words of mqtt.js. Reconnecting and subscribing again are left to the connection. */
export function mqttClientOptions(settings: MqttSettings, identity: ConnectionIdentity): ClientOptions {
  const version = settings.protocolVersion ?? 5;
  return {
    clientId: identity.clientId,
    clean: !identity.persistent,
    protocolVersion: version,
    properties: connectProperties(settings, identity, version),
    keepalive: settings.keepaliveSeconds,
    connectTimeout: settings.connectTimeoutMs,
    reconnectPeriod: settings.reconnectInitialMs,
    reconnectOnConnackError: true,
    resubscribe: false,
    queueQoSZero: false,
    // Its own trace asks with every packet whether somebody listens, which is seen in a profile.
    log: () => undefined,
    ...(settings.username === undefined ? {} : { username: settings.username }),
    ...(settings.password === undefined ? {} : { password: settings.password }),
    ...settings.tls,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  };
}

/**
 * Properties of the CONNECT packet. No maximum packet size: the broker would drop what is larger without a word, and
 * it is to be seen among the rejected readings.
 */
export function connectProperties(
  settings: MqttSettings,
  identity: ConnectionIdentity,
  version: 4 | 5,
): IClientOptions['properties'] {
  if (version === 4) return undefined;
  return {
    receiveMaximum: settings.receiveMaximum,
    ...(identity.persistent ? { sessionExpiryInterval: settings.sessionExpirySeconds } : {}),
  };
}
