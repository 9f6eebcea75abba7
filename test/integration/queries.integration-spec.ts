import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { Clock } from '../../src/common/clock.js';
import { newId } from '../../src/common/ids.js';
import { sqlClientOf } from '../../src/database/sql.js';
import { Municipality } from '../../src/municipalities/municipality.entity.js';
import { toSeriesResponse } from '../../src/readings/query/reading-query.mapper.js';
import { seriesQuerySchema } from '../../src/readings/query/reading-query.schemas.js';
import { SeriesQueryService, type SeriesItem } from '../../src/readings/query/series-query.service.js';
import { SeriesReader } from '../../src/readings/query/series-reader.js';
import type { Page } from '../../src/common/pagination/page.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant } from '../support/devices-module.js';
import { makeDevice, makeSensorTypes } from '../support/judging.js';
import { expectedItems, questions, randomReadings, shownOf, ZONES, type Stored } from '../support/series-questions.js';

const LEVEL = 'level_cm';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 20, 12);

class StoppedClock extends Clock {
  now(): Date {
    return new Date(NOW);
  }
}

describeEachDatabase((db) => {
  let series: SeriesQueryService;

  beforeAll(async () => {
    await makeSensorTypes(db, [LEVEL]);
    series = new SeriesQueryService(
      new SeriesReader(db.transactions, db.dialect, new StoppedClock()),
      new StoppedClock(),
    );
  });

  async function makeMunicipality(timeZone = 'UTC'): Promise<string> {
    const em = db.orm.em.fork();
    const municipality = em.create(Municipality, { code: newId(), name: 'Flussdorf', timeZone });
    await em.flush();
    return municipality.id;
  }

  /** A sensor of a new municipality. */
  async function makeSensor(timeZone?: string) {
    const municipalityId = await makeMunicipality(timeZone);
    const { sensors } = await makeDevice(db, municipalityId, [LEVEL]);
    const { id, seriesId } = sensors.get(LEVEL)!;
    return { id, seriesId, municipalityId };
  }

  async function store(seriesId: number, rows: readonly Stored[]): Promise<void> {
    const client = sqlClientOf(db.orm.em.fork());
    const months = new Set(rows.map(({ instant }) => new Date(instant).toISOString().slice(0, 7)));
    for (const month of months) await db.dialect.ensureMonth(client, month);
    for (let from = 0; from < rows.length; from += 5_000) {
      const chunk = rows.slice(from, from + 5_000);
      await db.dialect.insertFresh(client, {
        seriesIds: chunk.map(() => seriesId),
        instants: chunk.map(({ instant }) => instant),
        values: chunk.map(({ value }) => value),
        qualities: chunk.map(({ quality }) => quality),
        risks: chunk.map(({ risk }) => risk),
      });
    }
  }

  /** All items of a query, page by page. */
  async function query(sensor: { id: string; municipalityId: string }, given: object): Promise<SeriesItem[]> {
    const items: SeriesItem[] = [];
    let cursor: string | null | undefined;
    do {
      const parsed = seriesQuerySchema.parse({ ...given, ...(cursor ? { cursor } : {}) });
      const page: Page<SeriesItem> = await asTenant([sensor.municipalityId], () => series.page(sensor.id, parsed));
      expect(page.items.length).toBeLessThanOrEqual(parsed.limit);
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor);
    return items;
  }

  it('gives the day of the change to summer time 23 hours, and the one back 25', async () => {
    const sensor = await makeSensor('Europe/Vienna');
    const minutes = (from: string, days: number) =>
      Array.from({ length: days * 24 * 60 }, (_, i) => ({
        instant: Date.parse(from) + i * MINUTE,
        value: 1,
        quality: 0,
        risk: 0,
      }));
    await store(sensor.seriesId, [...minutes('2026-03-27T23:00Z', 3), ...minutes('2026-10-23T22:00Z', 3)]);
    const days = async (from: string, to: string) => {
      const items = await query(sensor, { resolution: 'day', from, to });
      return items
        .map((item) => toSeriesResponse(item))
        .map((item) => ('start' in item ? [item.start, item.count] : []));
    };
    expect(await days('2026-03-27T23:00:00Z', '2026-03-30T22:00:00Z')).toEqual([
      ['2026-03-27T23:00:00.000Z', 1440],
      ['2026-03-28T23:00:00.000Z', 1380],
      ['2026-03-29T22:00:00.000Z', 1440],
    ]);
    expect(await days('2026-10-23T22:00:00Z', '2026-10-26T23:00:00Z')).toEqual([
      ['2026-10-23T22:00:00.000Z', 1440],
      ['2026-10-24T22:00:00.000Z', 1500],
      ['2026-10-25T23:00:00.000Z', 1380],
    ]);
    const months = await query(sensor, {
      resolution: 'month',
      from: '2026-01-01T00:00:00Z',
      to: '2026-12-01T00:00:00Z',
    });
    expect(months.map((item) => ('start' in item ? [new Date(item.start).toISOString(), item.sum] : []))).toEqual([
      ['2026-02-28T23:00:00.000Z', 4320],
      ['2026-09-30T22:00:00.000Z', 4320],
    ]);
  });

  it('agrees with plain arithmetic on random readings, over every change of the clock', async () => {
    for (const timeZone of ZONES) {
      const sensor = await makeSensor(timeZone);
      const seed = Date.now();
      const [rows] = fc.sample(randomReadings, { seed, numRuns: 1 }) as [Stored[]];
      await store(sensor.seriesId, rows);
      await fc.assert(
        fc.asyncProperty(questions, async ({ from, to, resolution, order, limit, quality }) => {
          const given = {
            ...(quality ? { quality: quality.join(',') } : {}),
            from: new Date(from).toISOString(),
            to: new Date(to).toISOString(),
            resolution,
            order,
            limit: String(limit),
          };
          const expected = expectedItems(rows, timeZone, { from, to, resolution, order, quality });
          const items = await query(sensor, given);
          expect(items.map((item) => shownOf(item, timeZone, resolution))).toEqual(expected);
        }),
        { seed, numRuns: 25 },
      );
    }
  }, 120_000);

  it('answers raw readings with their names, in the order asked for', async () => {
    const sensor = await makeSensor();
    const rows = [0, 1, 2].map((i) => ({ instant: NOW - HOUR + i * MINUTE, value: i + 0.5, quality: i, risk: i }));
    await store(sensor.seriesId, rows);
    const items = (await query(sensor, { order: 'desc', limit: '2' })).map(toSeriesResponse);
    expect(items).toEqual([
      { instant: '2026-11-20T11:02:00.000Z', value: 2.5, quality: 'bad', riskLevel: 'HIGH' },
      { instant: '2026-11-20T11:01:00.000Z', value: 1.5, quality: 'suspect', riskLevel: 'MEDIUM' },
      { instant: '2026-11-20T11:00:00.000Z', value: 0.5, quality: 'good', riskLevel: 'LOW' },
    ]);
  });

  it('shows the last day unless asked for more, and what a fast clock measured a moment ahead', async () => {
    const sensor = await makeSensor();
    const at = (instant: number) => ({ instant, value: 1, quality: 0, risk: 0 });
    await store(sensor.seriesId, [at(NOW - 8 * DAY), at(NOW - 2 * DAY), at(NOW - HOUR), at(NOW + MINUTE)]);
    const count = async (given: object) => (await query(sensor, given)).length;
    expect(await count({})).toBe(2);
    expect(await count({ resolution: 'hour' })).toBe(3);
    expect(await count({ resolution: 'day' })).toBe(3);
    expect(await count({ from: '2026-01-01T00:00:00Z' })).toBe(4);
    expect(await count({ to: '2026-11-19T00:00:00Z' })).toBe(1);
  });

  it('keeps its pages to the range of the first one', async () => {
    const sensor = await makeSensor();
    const at = (instant: number) => ({ instant, value: 1, quality: 0, risk: 0 });
    await store(sensor.seriesId, [at(NOW - HOUR), at(NOW - MINUTE)]);
    const page = (given: object) => asTenant('all', () => series.page(sensor.id, seriesQuerySchema.parse(given)));
    const first = await page({ limit: '1', to: new Date(NOW).toISOString() });
    await store(sensor.seriesId, [at(NOW)]);
    const second = await page({ limit: '1', cursor: first.nextCursor });
    expect(second.items).toHaveLength(1);
    expect(second.nextCursor).toBeNull();
  });

  it('does not know the sensor of another municipality, nor one that does not exist', async () => {
    const sensor = await makeSensor();
    const stranger = await makeMunicipality();
    const ask = (id: string) => () => series.page(id, seriesQuerySchema.parse({}));
    const unknown = { code: 'SENSOR_NOT_FOUND' };
    await expect(asTenant([stranger], ask(sensor.id))).rejects.toMatchObject(unknown);
    await expect(asTenant([], ask(sensor.id))).rejects.toMatchObject(unknown);
    await expect(asTenant('all', ask(newId()))).rejects.toMatchObject(unknown);
    await expect(ask(sensor.id)()).rejects.toThrow('no tenant scope');
  });

  it('takes instants from the beginning to the end of the calendar, and cursors of strangers', async () => {
    const sensor = await makeSensor();
    const far = { from: '0001-01-01T00:00:00Z', to: '9999-12-31T23:59:59-12:00' };
    for (const resolution of ['raw', 'minute', 'hour', 'day', 'month']) {
      expect(await query(sensor, { ...far, resolution })).toEqual([]);
      expect(await query(sensor, { ...far, resolution, order: 'desc' })).toEqual([]);
    }
    for (const key of [[9e15, 0, 1], [-1, 0, 1], [1], ['x', 0, 1]]) {
      const cursor = Buffer.from(JSON.stringify(key)).toString('base64url');
      await expect(query(sensor, { cursor })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    }
  });
});
