import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../common/clock.js';
import { pageOf, startAfter, type Page } from '../../common/pagination/page.js';
import { MunicipalityService } from '../../municipalities/municipality.service.js';
import { calendarOf } from '../../common/time-buckets.js';
import { startsOf } from './completeness.service.js';
import { CompletenessReader, type DeviceChoice, type LedgerDevice } from './completeness-reader.js';
import { completenessRange, type AskedRange } from './completeness-range.js';
import type { DeviceListQuery } from './completeness.schemas.js';
import { hourOf, noDeliveries, type DeliveryCount } from './deliveries.js';
import type { Stretch } from './expectations.js';
import { SlotLedger } from './slot-ledger.js';
import { deliveriesOf, sumOf, talliesOf, tallyOf, type Tally } from './tally.js';

/** One device of many. */
export interface DeviceSummary {
  readonly device: LedgerDevice;
  readonly tally: Tally;
  readonly deliveries: DeliveryCount;
}

/** A municipality or region as a whole. */
export interface MunicipalityCompleteness {
  readonly municipalityId: string;
  readonly range: Stretch;
  readonly tally: Tally;
  readonly deliveries: DeliveryCount;
  /** Devices that were to deliver. */
  readonly devices: number;
  /** Of those, ones with a gap. */
  readonly incomplete: number;
  /** Active devices without any reading yet. */
  readonly neverDelivered: number;
  /** Days of the municipality's time zone. */
  readonly days: readonly (Tally & { readonly start: number })[];
}

/** Score and id of the last device, and the range: the following pages belong to the range of the first. */
const cursorSchema = z.tuple([z.int(), z.string(), z.int().min(0), z.int().min(0)]);

/** Parts of a whole, as scores are counted. */
const WHOLE = 1_000_000;

/** Tells which of many devices are incomplete, and how complete municipalities are. */
@Injectable()
export class FleetCompletenessService {
  constructor(
    private readonly reader: CompletenessReader,
    private readonly slots: SlotLedger,
    private readonly municipalities: MunicipalityService,
    private readonly clock: Clock,
  ) {}

  /** Devices with the worst first; all of them are looked at for any page. @throws ValidationError `RANGE_TOO_LARGE` */
  async page(query: DeviceListQuery): Promise<Page<DeviceSummary>> {
    const [score, id, from, to] = startAfter(query, cursorSchema) ?? [];
    const range = from === undefined ? this.rangeOf(query) : { from, to: to! };
    const devices = await this.summaries(query, range);
    const rest = score === undefined ? devices : devices.filter((one) => isBehind(one, score, id!));
    return pageOf(rest.slice(0, query.limit + 1), query.limit, (one) => [
      scoreOf(one),
      one.device.id,
      range.from,
      range.to,
    ]);
  }

  /** All devices, the worst first. @throws ValidationError `RANGE_TOO_LARGE` */
  all(query: DeviceChoice & AskedRange): Promise<DeviceSummary[]> {
    return this.summaries(query, this.rangeOf(query));
  }

  /** @throws NotFoundError `MUNICIPALITY_NOT_FOUND`; ValidationError `RANGE_TOO_LARGE` */
  async ofMunicipality(municipalityId: string, query: AskedRange): Promise<MunicipalityCompleteness> {
    const range = this.rangeOf(query);
    const { timeZone } = await this.municipalities.get(municipalityId);
    const devices = await this.reader.devices({ municipalityId });
    const deliveries = await this.deliveries({ municipalityId }, range);
    const starts = startsOf(calendarOf('day', timeZone), range);
    const days = starts.map((): Tally[] => []);
    const tallies: Tally[] = [];
    for await (const { slots } of this.slots.assess(devices, range)) {
      tallies.push(tallyOf(slots));
      talliesOf(slots, starts).forEach((tally, day) => days[day]!.push(tally));
    }
    return {
      municipalityId,
      range,
      tally: sumOf(tallies),
      deliveries: deliveriesOf(deliveries.values()),
      devices: tallies.filter(({ expected }) => expected > 0).length,
      incomplete: tallies.filter(({ expected, received }) => received < expected).length,
      neverDelivered: devices.filter(hasNeverDelivered).length,
      days: starts.map((start, day) => ({ start, ...sumOf(days[day]!) })),
    };
  }

  private async summaries(choice: DeviceChoice, range: Stretch): Promise<DeviceSummary[]> {
    const devices = await this.reader.devices(choice);
    const deliveries = await this.deliveries(choice, range);
    const summaries: DeviceSummary[] = [];
    for await (const { device, slots } of this.slots.assess(devices, range)) {
      summaries.push({ device, tally: tallyOf(slots), deliveries: deliveries.get(device.id) ?? noDeliveries() });
    }
    return summaries.sort((a, b) => scoreOf(a) - scoreOf(b) || (a.device.id < b.device.id ? -1 : 1));
  }

  private deliveries(choice: DeviceChoice, { from, to }: Stretch): Promise<Map<string, DeliveryCount>> {
    return this.reader.deliveriesByDevice(choice, { from: hourOf(from), to });
  }

  private rangeOf(query: AskedRange): Stretch {
    return completenessRange(query, 'hour', this.clock.nowMs());
  }
}

/** The lower, the worse: devices that never delivered come first, those of which nothing was expected last. */
function scoreOf({ device, tally: { expected, received } }: DeviceSummary): number {
  if (expected === 0) return hasNeverDelivered(device) ? -1 : WHOLE + 1;
  return Math.floor((received / expected) * WHOLE);
}

function hasNeverDelivered({ isActive, lastReadingAt }: LedgerDevice): boolean {
  return isActive && lastReadingAt === null;
}

function isBehind(one: DeviceSummary, score: number, id: string): boolean {
  const own = scoreOf(one);
  return own > score || (own === score && one.device.id > id);
}
