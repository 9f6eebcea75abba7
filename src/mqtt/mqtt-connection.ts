import type { Logger } from '@nestjs/common';
import mqtt, { type IConnackPacket, type MqttClient } from 'mqtt';
import { Backoff } from './backoff.js';
import type { ConnectionStatus } from './connection-status.js';
import { type ConnectionIdentity, connectProperties, mqttClientOptions, mqttClientUrl } from './mqtt-client.options.js';
import type { MqttSettings } from './mqtt.options.js';

/** A connection that lasted this long was a good one: the next pause is the shortest again. */
const STABLE_AFTER_MS = 5000;
/** Pause before the other protocol version is tried, the first time. */
const OTHER_VERSION_MS = 50;
const END_TIMEOUT_MS = 1000;
/** CONNACK codes for "unacceptable protocol version" in 3.1.1 and "unsupported protocol version" in 5. */
const VERSION_REFUSALS: readonly unknown[] = [1, 132];

/** Handed to mqtt.js as an error, so that it sends no acknowledgement of its own; never a failure. */
export const DEFERRED = new Error('deferred');

/**
 * Keeps one mqtt.js client connected: growing pauses, MQTT 5 with 3.1.1 as the second choice, status and log lines.
 * mqtt.js waits a fixed time between attempts, but reads it anew for each: so it is set before each.
 */
export class MqttConnection {
  readonly client: MqttClient;
  private readonly backoff: Backoff;
  private readonly broker: string;
  private stableTimer: NodeJS.Timeout | undefined;
  private hasConnected = false;
  private hasSwitched = false;
  private errorOfAttempt: Error | undefined;
  private ended: Promise<void> | undefined;

  /** Starts to connect at once. @throws for options that can never work (unknown protocol, key without certificate) */
  constructor(
    private readonly settings: MqttSettings,
    private readonly identity: ConnectionIdentity,
    private readonly status: ConnectionStatus,
    private readonly logger: Logger,
  ) {
    this.backoff = new Backoff(settings.reconnectInitialMs, settings.reconnectMaxMs);
    this.broker = new URL(settings.url).host;
    status.attempts = 1;
    status.protocolVersion = settings.protocolVersion ?? 5;
    status.become('connecting');
    this.client = mqtt.connect(mqttClientUrl(settings.url), mqttClientOptions(settings, identity));
    this.waitBeforeNextAttempt(this.backoff.next());
    this.client.on('packetreceive', () => status.heard());
    this.client.on('connect', (connack) => this.onConnect(connack));
    this.client.on('reconnect', () => this.onAttempt());
    this.client.on('error', (error) => this.onError(error));
    // Before mqtt.js's own listener, which starts to wait for the next attempt.
    this.client.prependListener('close', () => this.onClose());
  }

  /** Whether packets can be written. */
  get isUp(): boolean {
    return this.client.connected && this.client.stream.writable;
  }

  /** Says goodbye to the broker and does not come back. Resolves after a second at the latest. */
  close(): Promise<void> {
    this.ended ??= this.end().finally(() => this.status.become('closed'));
    return this.ended;
  }

  private async end(): Promise<void> {
    clearTimeout(this.stableTimer);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.client.stream.destroy();
      resolve();
    }, END_TIMEOUT_MS);
    // Without force mqtt.js waits for every open request; with it no DISCONNECT is sent.
    this.client.end(!this.isUp || Object.keys(this.client.outgoing).length > 0, () => resolve());
    await promise;
    clearTimeout(timer);
  }

  private onConnect(connack: IConnackPacket): void {
    this.hasConnected = true;
    this.errorOfAttempt = undefined;
    this.status.attempts = 0;
    this.status.sessionPresent = connack.sessionPresent;
    this.status.become('connected');
    this.stableTimer = setTimeout(() => {
      this.backoff.reset();
      this.waitBeforeNextAttempt(this.backoff.next());
    }, STABLE_AFTER_MS).unref();
    const version = this.status.protocolVersion === 5 ? '5' : '3.1.1';
    const session = connack.sessionPresent ? 'session resumed' : 'new session';
    this.logger.log(`connected to ${this.broker} as ${this.identity.clientId}, MQTT ${version}, ${session}`);
  }

  private onAttempt(): void {
    this.errorOfAttempt = undefined;
    this.status.attempts += 1;
    this.status.become('reconnecting');
    this.waitBeforeNextAttempt(this.backoff.next());
  }

  private onError(error: Error): void {
    if (error === DEFERRED) return;
    this.errorOfAttempt = error;
    this.status.lastError = describe(error);
    this.logger.warn(`${this.broker}: ${this.status.lastError}`);
    if (!this.client.connected && 'code' in error && VERSION_REFUSALS.includes(error.code)) this.tryOtherVersion();
  }

  private onClose(): void {
    clearTimeout(this.stableTimer);
    if (this.client.disconnecting) return;
    // Some brokers answer a version that they do not know by closing, without a word.
    if (!this.hasConnected && this.errorOfAttempt === undefined) {
      this.status.lastError = 'closed by the broker before it answered';
      this.tryOtherVersion();
    }
    if (this.status.status === 'connected' || this.status.status === 'degraded') {
      this.logger.warn(`connection to ${this.broker} lost`);
    }
    this.status.become('offline');
  }

  private tryOtherVersion(): void {
    if (this.settings.protocolVersion !== undefined) return;
    const version = this.status.protocolVersion === 5 ? 4 : 5;
    this.status.protocolVersion = version;
    this.client.options.protocolVersion = version;
    this.client.options.properties = connectProperties(this.settings, this.identity, version);
    if (!this.hasSwitched) this.waitBeforeNextAttempt(OTHER_VERSION_MS);
    this.hasSwitched = true;
  }

  private waitBeforeNextAttempt(milliseconds: number): void {
    this.client.options.reconnectPeriod = milliseconds;
  }
}

/** A refused connection to a name with several addresses is an AggregateError with a code and no message. */
function describe(error: Error): string {
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
