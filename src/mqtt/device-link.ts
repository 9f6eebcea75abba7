import mqtt, { type MqttClient } from 'mqtt';
import { mqttClientUrl } from './mqtt-client.options.js';
import type { MqttTlsOptions } from './mqtt.options.js';

const RECONNECT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 30_000;
const KEEPALIVE_SECONDS = 30;

/** A device as a client of the broker. */
export interface DeviceLinkOptions {
  readonly url: string;
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: MqttTlsOptions;
  readonly protocolVersion: 4 | 5;
  /** What the broker says when the connection breaks. */
  readonly will: { readonly topic: string; readonly payload: string };
}

/** What goes out: once it is handed over with QoS 1 it is sent again until the broker has acknowledged it. */
export interface DeviceMessage {
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly qos: 0 | 1;
  /** MQTT 5 only. */
  readonly userProperties?: Readonly<Record<string, string>>;
}

/** The other side of the transport: one device's connection to the broker, for tools that play devices. */
export class DeviceLink {
  private readonly client: MqttClient;
  /** What went wrong last. */
  lastError: string | undefined;

  constructor(options: DeviceLinkOptions) {
    this.client = mqtt.connect(mqttClientUrl(options.url), {
      clientId: options.clientId,
      ...(options.username !== undefined && { username: options.username }),
      ...(options.password !== undefined && { password: options.password }),
      ...options.tls,
      rejectUnauthorized: true,
      protocolVersion: options.protocolVersion,
      keepalive: KEEPALIVE_SECONDS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: RECONNECT_MS,
      reconnectOnConnackError: true,
      will: { topic: options.will.topic, payload: Buffer.from(options.will.payload), qos: 1, retain: false },
      manualConnect: true,
      writeCache: false,
    });
    this.client.on('error', (error) => (this.lastError = error.message || String(error)));
  }

  get connected(): boolean {
    return this.client.connected;
  }

  /** Begins to connect, and goes on trying; `onConnect` is called each time that it worked. */
  connect(onConnect: () => void): void {
    this.client.on('connect', onConnect);
    this.client.connect();
  }

  /** @returns whether the broker acknowledged it; QoS 0: whether it was sent */
  publish({ topic, payload, qos, userProperties }: DeviceMessage): Promise<boolean> {
    const properties = userProperties === undefined ? {} : { properties: { userProperties: { ...userProperties } } };
    return new Promise((resolve) => {
      this.client.publish(topic, payload, { qos, ...properties }, (error) => {
        if (error) this.lastError = error.message;
        resolve(!error);
      });
    });
  }

  /** Goes away without a word, so that the broker speaks the last will. */
  async cut(): Promise<void> {
    await this.client.endAsync(true);
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    await this.client.endAsync(!this.client.connected);
  }
}
