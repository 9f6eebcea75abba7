import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { deviceNotFound } from '../../devices/device.errors.js';
import { calendarOf, type Calendar } from '../../common/time-buckets.js';
import { CompletenessReader, type LedgerDevice } from './completeness-reader.js';
import { completenessRange } from './completeness-range.js';
import type { CompletenessQuery } from './completeness.schemas.js';
import type { DeliveryCount } from './deliveries.js';
import { hourOf } from './deliveries.js';
import type { Stretch } from './expectations.js';
import { sequenceReport, type SequenceReport } from './sequence-gaps.js';
import { SlotLedger } from './slot-ledger.js';
import type { Slot } from './slots.js';
import { bucketsOf, deliveriesOf, tallyOf, type Bucket, type Tally } from './tally.js';

/** What one device delivered of what it was to deliver. */
export interface DeviceCompleteness {
  readonly device: LedgerDevice;
  readonly range: Stretch;
  readonly tally: Tally;
  /** Slots without a reading, in order of time. */
  readonly missing: readonly Slot[];
  readonly deliveries: DeliveryCount;
  /** Null when its reading sets have no numbers. */
  readonly sequence: SequenceReport | null;
  /** Hours (UTC); none when it is asked for by day. */
  readonly hours: readonly Bucket[];
  /** Days of the municipality's time zone. */
  readonly days: readonly Bucket[];
}

/** Numbers that come so much after the range may close its gaps. */
const CLOSING_MS = 3_600_000;

/** Tells how complete the readings of a device are. */
@Injectable()
export class CompletenessService {
  constructor(
    private readonly reader: CompletenessReader,
    private readonly slots: SlotLedger,
    private readonly clock: Clock,
  ) {}

  /** @throws NotFoundError `DEVICE_NOT_FOUND`; ValidationError `RANGE_TOO_LARGE` */
  async ofDevice(deviceId: string, query: CompletenessQuery): Promise<DeviceCompleteness> {
    const range = completenessRange(query, query.resolution, this.clock.nowMs());
    const [device] = await this.reader.devices({ deviceId });
    if (device === undefined) throw deviceNotFound(deviceId);
    const slots: Slot[] = [];
    for await (const assessed of this.slots.assess([device], range)) slots.push(...assessed.slots);
    const deliveries = await this.reader.deliveriesByHour(deviceId, { from: hourOf(range.from), to: range.to });
    return {
      device,
      range,
      tally: tallyOf(slots),
      missing: slots.filter(({ received }) => !received),
      deliveries: deliveriesOf(deliveries.values()),
      sequence: await this.sequence(device, range),
      hours:
        query.resolution === 'hour' ? bucketsOf(slots, deliveries, startsOf(calendarOf('hour', 'UTC'), range)) : [],
      days: bucketsOf(slots, deliveries, startsOf(calendarOf('day', device.timeZone), range)),
    };
  }

  private async sequence(device: LedgerDevice, range: Stretch): Promise<SequenceReport | null> {
    const numbers = await this.reader.numbers(device.id, { from: range.from, to: range.to + CLOSING_MS });
    const report = sequenceReport(numbers, device.reportingIntervalSeconds * 1000, range);
    return report.received + report.repeated > 0 ? report : null;
  }
}

/** Where the buckets of a range begin; none for an empty range. */
export function startsOf(calendar: Calendar, { from, to }: Stretch): number[] {
  const starts: number[] = [];
  for (let start = calendar.startOf(from); start < to; start = calendar.shift(start, 1)) starts.push(start);
  return starts;
}
