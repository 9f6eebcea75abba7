import type { RegisteredDevice } from '../devices/device-registry.js';
import type { NewLiveEvent } from '../outbox/live-event.js';
import { isDeliveredAgain, type Delivery } from './completeness/deliveries.js';
import type { DeviceMessage, IngestionResult } from './device-message.js';
import { keepFirst, type PartRejection } from './part-rejection.js';
import { readingEvents } from './reading-events.js';
import type { StoredBatch } from './reading-store.js';
import type { NewRejection } from './rejected-readings.js';
import { candidatesOf, sortCandidates, type Candidate } from './sort-readings.js';

/** `duplicate`: was taken before; `replayed`: is not taken at all. */
export type MessageStanding = 'duplicate' | 'replayed';

/** Messages ready to be stored, and what goes with them. Nothing here asks or changes the database. */
export class PreparedBatch {
  readonly results: readonly IngestionResult[];
  /** In key order, no key twice. */
  readonly unique: readonly Candidate[];
  /** What is told when all of `unique` are new, as they nearly always are. */
  readonly events: readonly NewLiveEvent[];
  /** Places of signed messages, of devices that there are. */
  readonly signed: readonly number[];
  private readonly duplicates: readonly Candidate[];
  private readonly conflicting: readonly Candidate[];

  /** @param standings messages of which nothing is stored, by their place */
  constructor(
    readonly messages: readonly DeviceMessage[],
    private readonly devices: ReadonlyMap<string, RegisteredDevice>,
    private readonly standings: ReadonlyMap<number, MessageStanding> = NOTHING,
  ) {
    this.results = messages.map(({ rejections }): IngestionResult => {
      return { accepted: 0, duplicates: 0, rejected: [...rejections] };
    });
    const { unique, duplicates, conflicting } = sortCandidates(this.candidates(standings));
    this.unique = unique;
    this.duplicates = duplicates;
    this.conflicting = conflicting;
    this.events = readingEvents(unique);
    this.signed = signedOf(messages, devices);
  }

  /** The same without what messages say of which nothing is stored; they keep their results. */
  without(standings: ReadonlyMap<number, MessageStanding>): PreparedBatch {
    return new PreparedBatch(this.messages, this.devices, standings);
  }

  /** Everything that goes into the list of rejections, message by message. */
  rejections(stored: Pick<StoredBatch, 'conflicting'>): NewRejection[] {
    const parts = new Map<number, PartRejection[]>();
    const reject = (message: number, part: PartRejection): void => {
      const others = parts.get(message);
      if (others) others.push(part);
      else parts.set(message, [part]);
    };
    for (let i = 0; i < this.results.length; i++) for (const part of this.results[i]!.rejected) reject(i, part);
    for (const row of [...this.conflicting, ...stored.conflicting]) reject(row.message, conflict(row));
    return [...parts].flatMap(([i, rejections]) => {
      const message = this.messages[i]!;
      const origin = { ...message, municipalityId: this.devices.get(message.deviceId)?.municipalityId ?? null };
      return keepFirst(rejections).map((part) => ({ part, origin }));
    });
  }

  /** The results, once the batch is committed. */
  resultsOf(stored: StoredBatch): IngestionResult[] {
    const results = this.results.map((result) => ({ ...result, rejected: [...result.rejected] }));
    for (const { message } of stored.inserted) results[message]!.accepted++;
    for (const { message } of [...this.duplicates, ...stored.duplicates]) results[message]!.duplicates++;
    for (const row of [...this.conflicting, ...stored.conflicting]) results[row.message]!.rejected.push(conflict(row));
    return results;
  }

  /** Every reading set of a device that there is, as it arrived; what was refused for its signature is not one. */
  deliveries(stored: StoredBatch): Delivery[] {
    const again = isDeliveredAgain([...this.duplicates, ...stored.duplicates], stored.inserted);
    const deliveries: Delivery[] = [];
    for (let i = 0; i < this.messages.length; i++) {
      const { deviceId, receivedAt, sets } = this.messages[i]!;
      const device = this.devices.get(deviceId);
      const standing = this.standings.get(i);
      if (device === undefined || standing === 'replayed') continue;
      const intervalMs = device.reportingIntervalSeconds * 1000;
      for (const { instant, index, seq } of sets) {
        const isDuplicate = standing === 'duplicate' || again(i, index);
        deliveries.push({ deviceId, instant, receivedAt, seq, isDuplicate, intervalMs });
      }
    }
    return deliveries;
  }

  private candidates(standings: ReadonlyMap<number, MessageStanding>): Candidate[] {
    const candidates: Candidate[] = [];
    this.messages.forEach((message, i) => {
      const result = this.results[i]!;
      const device = this.devices.get(message.deviceId);
      const standing = standings.get(i);
      if (standing === 'replayed') result.rejected.splice(0, Infinity, whole('SIGNATURE_REPLAYED', REPLAYED));
      else if (standing === 'duplicate') {
        result.rejected.length = 0;
        for (const { values } of message.sets) for (const _ in values) result.duplicates++;
      } else if (!device && message.sets.length > 0) {
        result.rejected.push(whole('UNKNOWN_DEVICE', 'no device of this id is registered'));
      } else if (device) {
        for (const set of message.sets) candidatesOf(set, device.sensors, i, candidates, result.rejected);
      }
    });
    return candidates;
  }
}

const NOTHING: ReadonlyMap<number, MessageStanding> = new Map();
function signedOf(messages: readonly DeviceMessage[], devices: ReadonlyMap<string, RegisteredDevice>): number[] {
  const signed: number[] = [];
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i]!;
    if (message.signed !== undefined && devices.has(message.deviceId)) signed.push(i);
  }
  return signed;
}

const REPLAYED = 'the nonce was used before, for another message';

function whole(code: PartRejection['code'], reason: string): PartRejection {
  return { index: null, metric: null, instant: null, code, reason };
}

function conflict({ sensor, instant, index }: Candidate): PartRejection {
  const reason = 'another value is stored for this sensor and instant; the first one stays';
  return { index, metric: sensor.code, instant, code: 'CONFLICTING_VALUE', reason };
}
