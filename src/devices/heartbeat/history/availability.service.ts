import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../../common/clock.js';
import { ValidationError } from '../../../common/errors/errors.js';
import { pageOf, startAfter, type Page, type PageQuery } from '../../../common/pagination/page.js';
import { requireTenantScope } from '../../../common/request-context/request-context.js';
import { calendarOf, type Calendar } from '../../../common/time-buckets.js';
import { Municipality } from '../../../municipalities/municipality.entity.js';
import { Device } from '../../device.entity.js';
import { deviceNotFound, municipalityNotFound } from '../../device.errors.js';
import { availabilityOf, sumOf, type Availability } from './availability.js';
import { AvailabilityReader, type StateStory } from './availability-reader.js';

/** A stretch of time, epoch milliseconds; `to` does not belong to it. */
interface Range {
  readonly from: number;
  readonly to: number;
}

interface AskedRange {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** A day of the municipality's time zone, as far as it lies in the range. */
export interface AvailableDay extends Availability {
  readonly start: number;
}

/** Availability within a range, as a whole and by day. */
export interface AvailabilityReport {
  readonly range: Range;
  readonly total: Availability;
  readonly days: readonly AvailableDay[];
}

/** One device of many. */
export interface DeviceAvailability {
  readonly device: Device;
  readonly total: Availability;
}

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const MAX_DAYS = 366;
/** Devices whose history is in memory at once. */
const CHUNK = 500;
const cursorSchema = z.tuple([z.string()]);

/** How much of the time devices could be heard, from the history of their states. */
@Injectable()
export class AvailabilityService {
  constructor(
    private readonly em: EntityManager,
    private readonly reader: AvailabilityReader,
    private readonly clock: Clock,
  ) {}

  /** @throws NotFoundError `DEVICE_NOT_FOUND`; ValidationError `RANGE_TOO_LARGE` */
  async ofDevice(deviceId: string, asked: AskedRange): Promise<AvailabilityReport> {
    const range = this.rangeOf(asked);
    const device = await this.em.fork().findOne(Device, { id: deviceId });
    if (device === null) throw deviceNotFound(deviceId);
    const timeZone = await this.timeZoneOf(device.municipalityId);
    const [story] = await this.reader.stories([deviceId], range);
    return reportOf(range, daysOf(calendarOf('day', timeZone), range), [story!]);
  }

  /** The municipality as a whole: all its devices together. @throws as `ofDevice`, and `MUNICIPALITY_NOT_FOUND` */
  async ofMunicipality(municipalityId: string, asked: AskedRange): Promise<AvailabilityReport> {
    const range = this.rangeOf(asked);
    const timeZone = await this.timeZoneOf(municipalityId);
    const days = daysOf(calendarOf('day', timeZone), range);
    const devices = await this.em.fork().find(Device, { municipalityId }, { fields: ['id'], orderBy: { id: 'asc' } });
    const parts: AvailabilityReport[] = [];
    for (let from = 0; from < devices.length; from += CHUNK) {
      const some = devices.slice(from, from + CHUNK).map(({ id }) => id);
      parts.push(reportOf(range, days, await this.reader.stories(some, range)));
    }
    return {
      range,
      total: sumOf(parts.map(({ total }) => total)),
      days: days.map(({ from: start }, i) => ({ start, ...sumOf(parts.map((part) => part.days[i]!)) })),
    };
  }

  /** Device by device, by id. @throws as `ofMunicipality` */
  async page(query: PageQuery & AskedRange & { municipalityId: string }): Promise<Page<DeviceAvailability>> {
    const range = this.rangeOf(query);
    const { municipalityId, limit } = query;
    await this.timeZoneOf(municipalityId);
    const [after] = startAfter(query, cursorSchema) ?? [];
    const where = after === undefined ? { municipalityId } : { municipalityId, id: { $gt: after } };
    const devices = await this.em.fork().find(Device, where, { orderBy: { id: 'asc' }, limit: limit + 1 });
    const page = pageOf(devices, limit, ({ id }) => [id]);
    const stories = await this.reader.stories(
      page.items.map(({ id }) => id),
      range,
    );
    const totals = new Map(stories.map((story) => [story.deviceId, spentIn(range, story)]));
    return page.map((device) => ({ device, total: totals.get(device.id)! }));
  }

  private async timeZoneOf(id: string): Promise<string> {
    const scope = requireTenantScope();
    const mayAsk = scope.kind === 'all' || scope.municipalityIds.includes(id);
    const municipality = mayAsk ? await this.em.fork().findOne(Municipality, { id }) : null;
    if (municipality === null) throw municipalityNotFound();
    return municipality.timeZone;
  }

  private rangeOf({ from, to }: AskedRange): Range {
    const end = to?.getTime() ?? this.clock.nowMs();
    const range = { from: from?.getTime() ?? end - DEFAULT_DAYS * DAY_MS, to: end };
    if (range.to - range.from <= MAX_DAYS * DAY_MS) return range;
    const message = `The range is longer than ${MAX_DAYS} days.`;
    throw new ValidationError([{ path: 'from', code: 'RANGE_TOO_LARGE', message }]);
  }
}

function reportOf(range: Range, days: readonly Range[], stories: readonly StateStory[]): AvailabilityReport {
  return {
    range,
    total: sumOf(stories.map((story) => spentIn(range, story))),
    days: days.map((day) => ({ start: day.from, ...sumOf(stories.map((story) => spentIn(day, story))) })),
  };
}

function spentIn(range: Range, { initial, changes, gaps }: StateStory): Availability {
  return availabilityOf(range, initial, changes, gaps);
}

/** The days of the range, cut to it. */
function daysOf(calendar: Calendar, { from, to }: Range): Range[] {
  const days: Range[] = [];
  for (let start = calendar.startOf(from); start < to;) {
    const next = calendar.shift(start, 1);
    days.push({ from: Math.max(start, from), to: Math.min(next, to) });
    start = next;
  }
  return days;
}
