import { createSecretKey, type KeyObject } from 'node:crypto';
import { macOf } from '../../devices/signatures/signature.js';
import { DeviceLink, type DeviceMessage } from '../../mqtt/device-link.js';
import type { LoadedBundle } from './bundle-reader.js';
import { deviceTime, FaultyValues, LATE_BATCH, newNonce, tamperedWith, type Fault } from './faults.js';
import type { Surroundings } from './instruments.js';

const FIRMWARE = 'simulator-2';
/** Digits that instruments show. */
const PRECISION = 2;

/** What one device has handed over. */
export interface DeviceCounts {
  /** Messages with readings. */
  published: number;
  acknowledged: number;
  /** Values in them, each once, also when it was sent again. */
  values: number;
  acknowledgedValues: number;
  heartbeats: number;
}

/** How a device is played. */
export interface PlayOptions {
  readonly mqttUrl: string;
  readonly protocolVersion: 4 | 5;
  readonly signed: boolean;
  readonly fault: Fault | undefined;
  readonly surroundings: Surroundings;
}

interface ReadingSet {
  readonly timestamp: string;
  readonly seq: number;
  readonly values: Readonly<Record<string, number>>;
}

/** One device on the broker: reads its sensors, signs where it has to, and is faulty as it was told to be. */
export class SimulatedDevice {
  readonly counts: DeviceCounts = { published: 0, acknowledged: 0, values: 0, acknowledgedValues: 0, heartbeats: 0 };
  private readonly link: DeviceLink;
  private readonly faulty: FaultyValues;
  private readonly key: KeyObject | undefined;
  private readonly underWay = new Set<Promise<void>>();
  private gathered: ReadingSet[] = [];
  private seq = 0;

  constructor(
    readonly bundle: LoadedBundle,
    private readonly options: PlayOptions,
  ) {
    const { mqtt, hmac } = bundle.credentials;
    this.faulty = new FaultyValues(options.fault);
    this.key = options.signed && hmac ? createSecretKey(Buffer.from(hmac.secret, 'utf8')) : undefined;
    this.link = new DeviceLink({
      url: options.mqttUrl,
      clientId: mqtt.clientId,
      ...(mqtt.username !== undefined && { username: mqtt.username, password: mqtt.password }),
      tls: bundle.tls,
      protocolVersion: options.protocolVersion,
      will: { topic: mqtt.topics.status, payload: '{"status":"offline"}' },
    });
  }

  get fault(): Fault | undefined {
    return this.options.fault;
  }

  get connected(): boolean {
    return this.link.connected;
  }

  get lastError(): string | undefined {
    return this.link.lastError;
  }

  connect(): void {
    this.link.connect(() => this.send('status', { status: 'online', firmware: FIRMWARE }, 1));
  }

  heartbeat(): void {
    this.counts.heartbeats += 1;
    this.send('heartbeat', {}, 0);
  }

  /** Takes a reading of all sensors and hands it over, now or with the next ones. */
  read(now: number): void {
    const { surroundings, fault } = this.options;
    const values: Record<string, number> = {};
    for (const { code, typeCode } of this.bundle.credentials.sensors) {
      const value = surroundings.read(typeCode);
      if (value !== undefined) values[code] = value;
    }
    if (Object.keys(values).length === 0) return;
    const distorted = Object.entries(this.faulty.distort(values)).map(([code, value]) => [code, rounded(value)]);
    const timestamp = new Date(deviceTime(fault, now)).toISOString();
    this.gathered.push({ timestamp, seq: ++this.seq, values: Object.fromEntries(distorted) as Record<string, number> });
    if (fault !== 'late' || this.gathered.length >= LATE_BATCH) this.handOver();
  }

  /** Goes away without a word. */
  cut(): Promise<void> {
    return this.link.cut();
  }

  /** Hands over what is left, waits for acknowledgements, and says goodbye. @param timeoutMs at most so long */
  async stop(timeoutMs: number): Promise<void> {
    this.handOver();
    const deadline = new Promise<void>((resolve) => setTimeout(resolve, timeoutMs).unref());
    while (this.underWay.size > 0) {
      if ((await Promise.race([Promise.all(this.underWay).then(() => 'done'), deadline])) !== 'done') break;
    }
    await this.link.close();
  }

  private handOver(): void {
    if (this.gathered.length === 0) return;
    const sets = this.gathered.splice(0);
    const payload = Buffer.from(JSON.stringify(sets.length === 1 ? sets[0] : sets));
    const values = sets.reduce((sum, set) => sum + Object.keys(set.values).length, 0);
    this.counts.values += values;
    // The same bytes twice: the platform stores them once.
    const times = this.options.fault === 'duplicates' ? 2 : 1;
    const message = this.signed(payload);
    for (let i = 0; i < times; i++) this.track(this.link.publish(message), i === 0 ? values : 0);
  }

  private track(sent: Promise<boolean>, values: number): void {
    this.counts.published += 1;
    const done = sent.then((acknowledged) => {
      if (acknowledged) {
        this.counts.acknowledged += 1;
        this.counts.acknowledgedValues += values;
      }
      this.underWay.delete(done);
    });
    this.underWay.add(done);
  }

  private send(what: 'status' | 'heartbeat', body: object, qos: 0 | 1): void {
    const { topics } = this.bundle.credentials.mqtt;
    void this.link.publish({ topic: topics[what], payload: JSON.stringify(body), qos });
  }

  /** With a signature as MQTT 5 user properties, or wrapped for 3.1.1. */
  private signed(payload: Buffer): DeviceMessage {
    const { fault, protocolVersion } = this.options;
    const { hmac, mqtt } = this.bundle.credentials;
    const topic = mqtt.topics.data;
    if (this.key === undefined || hmac === undefined || fault === 'unsigned') return { topic, payload, qos: 1 };
    const [timestamp, nonce] = [String(deviceTime(fault, Date.now())), newNonce()];
    const signature = macOf(this.key, timestamp, nonce, payload).toString('hex');
    const body = fault === 'tampered' ? tamperedWith(payload) : payload;
    if (protocolVersion === 5) {
      const userProperties = {
        'x-key-id': hmac.keyId,
        'x-timestamp': timestamp,
        'x-nonce': nonce,
        'x-signature': signature,
      };
      return { topic, payload: body, qos: 1, userProperties };
    }
    const wrapped = {
      payload: body.toString('base64'),
      keyId: hmac.keyId,
      timestamp: Number(timestamp),
      nonce,
      signature,
    };
    return { topic, payload: JSON.stringify(wrapped), qos: 1 };
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(PRECISION));
}
