import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';
import { DomainError } from '../common/errors/domain.error.js';

/** PEM texts for `mqtts://` and `wss://`; TLS 1.2 is the least that is spoken. */
export interface MqttTlsOptions {
  /** Certificates of the authorities that may have signed the broker's; the machine's own list when absent. */
  readonly ca?: string | Buffer;
  /** Our certificate with its chain, and its key: both or none. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

/** Where the broker is and who we are to it. */
export interface MqttBroker {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`; also `tcp://` and `ssl://`. */
  readonly url: string;
  /** Stable across restarts and different for every instance: the broker keeps our session under it. */
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: MqttTlsOptions;
  /** Forces MQTT 3.1.1 (4) or 5; otherwise 5 is tried first, then 3.1.1. */
  readonly protocolVersion?: 4 | 5;
  /** Instances with the same group share the messages (`$share/<group>/…`); none: every instance gets all. */
  readonly sharedGroup?: string;
}

/** What may be tuned; every field has a default in `MQTT_DEFAULTS`. */
export interface MqttTuning {
  readonly keepaliveSeconds: number;
  readonly connectTimeoutMs: number;
  /** First and longest pause between two attempts to connect. */
  readonly reconnectInitialMs: number;
  readonly reconnectMaxMs: number;
  /** How long the broker keeps our session and its queue while we are away (MQTT 5; 3.1.1 brokers decide alone). */
  readonly sessionExpirySeconds: number;
  /**
   * Unacknowledged messages that the broker may have on the way to us (MQTT 5), 1–65,535. Below `maxInFlightMessages`
   * by default, so that a broker that keeps to it stops by itself and reading goes on.
   */
  readonly receiveMaximum: number;
  /** QoS asked for in subscriptions that do not state their own. */
  readonly subscriptionQos: 0 | 1 | 2;
  /** A larger payload is cut to its first 2 KiB and rejected. */
  readonly maxPayloadBytes: number;
  readonly batchMaxMessages: number;
  readonly batchMaxBytes: number;
  /** How long a batch that follows a running one waits for more messages; an idle pattern never waits. */
  readonly batchLingerMs: number;
  /** Batches of one pattern that are handled at the same time; above 1 their order is not kept. */
  readonly batchConcurrency: number;
  /** Messages and bytes taken in and not yet settled, above which reading from the broker stops. */
  readonly maxInFlightMessages: number;
  readonly maxInFlightBytes: number;
  /** Pauses before a failed batch is tried again: the very first one, the second, the longest. */
  readonly retryQuickMs: number;
  readonly retryInitialMs: number;
  readonly retryMaxMs: number;
  /** How long a shutdown waits for the batches in hand. */
  readonly drainTimeoutMs: number;
  /** How long a publish may wait for the connection and for the broker's acknowledgement. */
  readonly publishTimeoutMs: number;
  /** True when the same batch may succeed later (a database that is away), false when its messages are at fault. */
  readonly isTransient: (error: unknown) => boolean;
}

/** How the module gets its options. */
export interface MqttAsyncOptions<T extends unknown[]> extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (...dependencies: T) => MqttOptions;
}

/** Options of the MQTT transport, as the configuration hands them over. */
export type MqttOptions = MqttBroker & Partial<MqttTuning>;

/** The options with every default filled in. */
export type MqttSettings = MqttBroker & MqttTuning;

const HOUR_SECONDS = 3600;
const MIB = 1024 * 1024;

export const MQTT_DEFAULTS: MqttTuning = {
  keepaliveSeconds: 30,
  connectTimeoutMs: 10_000,
  reconnectInitialMs: 1000,
  reconnectMaxMs: 60_000,
  sessionExpirySeconds: 24 * HOUR_SECONDS,
  receiveMaximum: 16_000,
  subscriptionQos: 1,
  maxPayloadBytes: MIB,
  batchMaxMessages: 2000,
  // Some ten thousand values: what one transaction takes well.
  batchMaxBytes: MIB / 2,
  batchLingerMs: 2,
  // One is read and checked while the other one is stored.
  batchConcurrency: 2,
  maxInFlightMessages: 20_000,
  maxInFlightBytes: 64 * MIB,
  retryQuickMs: 100,
  retryInitialMs: 1000,
  retryMaxMs: 60_000,
  drainTimeoutMs: 10_000,
  publishTimeoutMs: 10_000,
  isTransient: (error) => error instanceof DomainError && error.kind === 'unavailable',
};

/** A dead instance's share of the messages waits in its session, so a shared session is kept for a shorter time. */
const SHARED_SESSION_EXPIRY_SECONDS = HOUR_SECONDS;

/** Part of `maxInFlightMessages` that the receive maximum is at most, unless it is given. */
const RECEIVE_PART = 0.8;

/** Fills in the defaults; a field that is present but undefined counts as absent. */
export function withMqttDefaults(options: MqttOptions): MqttSettings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as MqttOptions;
  const shared = given.sharedGroup === undefined ? {} : { sessionExpirySeconds: SHARED_SESSION_EXPIRY_SECONDS };
  const inFlight = given.maxInFlightMessages ?? MQTT_DEFAULTS.maxInFlightMessages;
  const receiveMaximum = Math.max(1, Math.min(MQTT_DEFAULTS.receiveMaximum, Math.floor(inFlight * RECEIVE_PART)));
  return { ...MQTT_DEFAULTS, receiveMaximum, ...shared, ...given };
}

/** Injection token of the MqttSettings. */
export const MQTT_SETTINGS = Symbol('MQTT_SETTINGS');
