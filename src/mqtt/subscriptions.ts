import type { Logger } from '@nestjs/common';
import type { ISubscriptionMap, MqttClient } from 'mqtt';
import { Backoff } from './backoff.js';
import type { MqttConnectionState } from './mqtt-connection-state.js';
import type { MqttSettings } from './mqtt.options.js';
import { subscriptionOf } from './topics.js';

/** A pattern and the QoS that its handler wants. */
export interface Subscription {
  readonly pattern: string;
  readonly qos: 0 | 1 | 2;
}

const REFUSED = 0x80;
/** Retained messages come with a new subscription only, not whenever it is repeated (MQTT 5). */
const RETAINED_FOR_NEW_SUBSCRIPTIONS = 1;
const REPEAT_INITIAL_MS = 1000;
const REPEAT_MAX_MS = 60_000;

/**
 * Sees to it that the broker knows our subscriptions, at every connection. That it still has our session says nothing about
 * them: a Mosquitto 2.0.11 that is killed may have stored the session and not yet its subscriptions, and one that restarts
 * forgets the shared ones. Whoever relies on the session then hears nothing for good, and notices nothing.
 */
export class Subscriptions {
  private readonly backoff = new Backoff(REPEAT_INITIAL_MS, REPEAT_MAX_MS);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: MqttClient,
    private readonly subscriptions: readonly Subscription[],
    private readonly settings: MqttSettings,
    private readonly state: MqttConnectionState,
    private readonly logger: Logger,
  ) {
    client.on('connect', () => this.subscribe());
    client.on('close', () => {
      state.subscribed = false;
      clearTimeout(this.timer);
    });
  }

  /** No further attempts. */
  stop(): void {
    clearTimeout(this.timer);
  }

  private subscribe(): void {
    if (this.subscriptions.length === 0) return;
    const { sharedGroup } = this.settings;
    const wanted: ISubscriptionMap = {};
    for (const { pattern, qos } of this.subscriptions) {
      wanted[subscriptionOf(pattern, sharedGroup)] = { qos, rh: RETAINED_FOR_NEW_SUBSCRIPTIONS };
    }
    // A session of the time before the group was configured would get everything twice.
    if (sharedGroup !== undefined) this.client.unsubscribe(this.subscriptions.map(({ pattern }) => pattern));
    this.client.subscribe(wanted, (error, _subscriptions, suback) => {
      if (error === null) this.onGranted();
      else if (this.client.connected) this.onRefused(Object.keys(wanted), suback?.granted, error);
    });
  }

  private onGranted(): void {
    this.state.subscribed = true;
    this.backoff.reset();
    this.state.become('connected');
  }

  private onRefused(topics: readonly string[], codes: readonly unknown[] | undefined, error: Error): void {
    const refused = topics.filter((_topic, index) => Number(codes?.[index] ?? REFUSED) >= REFUSED);
    this.state.subscribed = false;
    this.state.lastError = `subscription refused for ${refused.join(', ')}: ${error.message}`;
    this.state.become('degraded');
    const pause = this.backoff.next();
    this.logger.error(`${this.state.lastError}; next try in ${pause} ms`);
    this.timer = setTimeout(() => this.subscribe(), pause).unref();
  }
}
