import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../common/clock.js';
import { pageOf, startAfter, type Page } from '../../common/pagination/page.js';
import { sensorNotFound } from '../../devices/sensors/sensor.errors.js';
import { isUsable, QUALITIES, QUALITY_NUMBER } from '../quality.js';
import type { SeriesQuery } from './reading-query.schemas.js';
import { aggregateSeries } from './series-aggregates.js';
import { SeriesReader, type Aggregate, type Selection, type SeriesReading } from './series-reader.js';
import { calendarOf } from '../../common/time-buckets.js';
import { rangeOf, type TimeRange } from './time-range.js';

/** One item of a series query: a reading, or what the readings of a stretch of time come to. */
export type SeriesItem = SeriesReading | Aggregate;

const USABLE = QUALITIES.filter((quality) => isUsable(QUALITY_NUMBER[quality]));

/** Anything later is no instant that a database or a JavaScript date can hold. */
const instantKey = z
  .int()
  .min(0)
  .max(Date.UTC(9999, 0, 1));

/** Instant of the last item, and the range: the following pages belong to the range of the first. */
const cursorSchema = z.tuple([instantKey, instantKey, instantKey]);

/** Reads a sensor's readings back, one by one or aggregated. */
@Injectable()
export class SeriesQueryService {
  constructor(
    private readonly reader: SeriesReader,
    private readonly clock: Clock,
  ) {}

  /**
   * One page of a series; days and months are those of the municipality's time zone.
   * @throws NotFoundError `SENSOR_NOT_FOUND`, also for another tenant's sensor
   */
  async page(sensorId: string, query: SeriesQuery): Promise<Page<SeriesItem>> {
    const [last, from, to] = startAfter(query, cursorSchema) ?? [null, ...bothOf(rangeOf(query, this.clock.nowMs()))];
    const series = await this.reader.find(sensorId);
    if (!series) throw sensorNotFound(sensorId);
    const { order, limit, resolution } = query;
    if (resolution === 'raw') {
      const range = behind({ from, to }, last, last === null ? null : last + 1, order);
      const readings = await this.reader.readings({ series, range, qualities: query.quality }, order, limit + 1);
      return pageOf<SeriesItem>(readings, limit, (item) => [instantOf(item), from, to]);
    }
    const calendar = calendarOf(resolution, series.timeZone);
    const range = behind({ from, to }, last, last === null ? null : calendar.shift(last, 1), order);
    const selection: Selection = { series, range, qualities: query.quality ?? USABLE };
    const aggregates = await aggregateSeries(this.reader, selection, calendar, order, limit + 1);
    return pageOf<SeriesItem>(aggregates, limit, (item) => [instantOf(item), from, to]);
  }
}

function bothOf({ from, to }: TimeRange): [number, number] {
  return [from, to];
}

/** What is left of the range behind the last item, which begins at `start` and ends before `end`. */
function behind(range: TimeRange, start: number | null, end: number | null, order: 'asc' | 'desc'): TimeRange {
  if (start === null || end === null) return range;
  return order === 'asc' ? { from: end, to: range.to } : { from: range.from, to: start };
}

function instantOf(item: SeriesItem): number {
  return 'instant' in item ? item.instant : item.start;
}
