import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { Municipality } from '../../src/municipalities/municipality.entity.js';
import type { OutboxService } from '../../src/outbox/outbox.service.js';
import { liveReadingsOf } from '../../src/outbox/live-readings.js';
import type { NewLiveEvent } from '../../src/outbox/live-event.js';
import { LatestReading } from '../../src/readings/latest-reading.entity.js';
import { readPayload } from '../../src/readings/payload-reader.js';
import { Reading } from '../../src/readings/reading.entity.js';
import { RejectedReading } from '../../src/readings/rejected-reading.entity.js';
import { describeEachDatabase } from '../support/databases.js';
import { makeDevice, makeSensorTypes, messageOf, openInstance, type JudgingInstance } from '../support/judging.js';

const LEVEL = 'water_level_cm';
const RAIN = 'rainfall_mm';
const MINUTE = 60_000;

describeEachDatabase((db) => {
  let instance: JudgingInstance;
  let device: Awaited<ReturnType<typeof makeDevice>>;
  let municipalityId: string;
  let told: NewLiveEvent[];
  const start = Date.UTC(2026, 2, 1, 6);

  beforeAll(async () => {
    await makeSensorTypes(db, [LEVEL, RAIN]);
    const em = db.orm.em.fork();
    municipalityId = em.create(Municipality, { id: newId(), code: newId(), name: 'Test' }).id;
    await em.flush();
    const outbox = {
      append: async (_transaction: unknown, events: NewLiveEvent[]) => void told.push(...events),
    } as unknown as OutboxService;
    instance = openInstance(db, outbox);
  });

  beforeEach(async () => {
    told = [];
    device = await makeDevice(db, municipalityId, [LEVEL, RAIN]);
  });

  const seriesId = (code = LEVEL): number => device.sensors.get(code)!.seriesId;
  const ingest = (...bodies: unknown[]) => instance.ingestion.ingest(bodies.map((body) => messageOf(device.id, body)));
  const at = (minute: number, value: unknown) => ({ timestamp: start + minute * MINUTE, values: { [LEVEL]: value } });
  const stored = async (code = LEVEL) => {
    const rows = await db.orm.em.fork().find(Reading, { seriesId: seriesId(code) }, { orderBy: { instant: 'asc' } });
    return rows.map(({ instant, value }) => [(instant.getTime() - start) / MINUTE, value]);
  };
  const latest = async () => {
    const row = await db.orm.em.fork().findOneOrFail(LatestReading, { seriesId: seriesId() });
    return [(row.instant!.getTime() - start) / MINUTE, row.value];
  };
  const rejected = () =>
    db.orm.em
      .fork()
      .find(RejectedReading, { deviceId: device.id }, { filters: { tenant: false }, orderBy: { id: 'asc' } });

  it('stores 99 of 100 values and sets the bad one aside with its reason', async () => {
    const bodies = Array.from({ length: 100 }, (_, i) => at(i, i === 41 ? 'wet' : i));
    const results = await ingest(...bodies);
    expect(results.filter(({ accepted }) => accepted === 1)).toHaveLength(99);
    expect(results[41]!.rejected).toMatchObject([{ index: 0, metric: LEVEL, code: 'INVALID_VALUE' }]);
    expect(await stored()).toHaveLength(99);
    const rows = await rejected();
    expect(rows).toMatchObject([
      { metric: LEVEL, code: 'INVALID_VALUE', reason: 'not a finite number', municipalityId, source: 'mqtt' },
    ]);
    expect(rows[0]!.excerpt).toContain('wet');
    expect(rows[0]!.instant?.getTime()).toBe(start + 41 * MINUTE);
  });

  it('recognises duplicates, in the same call and later ones, and stores nothing twice', async () => {
    const [first, again] = await ingest(at(0, 5), at(0, 5));
    expect([first!.accepted, again!.duplicates]).toEqual([1, 1]);
    const [later, mixed] = await ingest(at(0, 5), [at(0, 5), at(1, 6)]);
    expect(later).toEqual({ accepted: 0, duplicates: 1, rejected: [] });
    expect(mixed).toEqual({ accepted: 1, duplicates: 1, rejected: [] });
    expect(await stored()).toEqual([
      [0, 5],
      [1, 6],
    ]);
    expect(await rejected()).toEqual([]);
  });

  it('keeps the first of two contradicting values and sets the other aside', async () => {
    await ingest(at(0, 5));
    const [other] = await ingest(at(0, 6));
    const [, inBatch] = await ingest(at(1, 7), at(1, 8));
    expect(other!.rejected).toMatchObject([{ code: 'CONFLICTING_VALUE', metric: LEVEL }]);
    expect(inBatch!.rejected).toMatchObject([{ code: 'CONFLICTING_VALUE', metric: LEVEL }]);
    expect(await stored()).toEqual([
      [0, 5],
      [1, 7],
    ]);
    expect((await rejected()).map(({ code }) => code)).toEqual(['CONFLICTING_VALUE', 'CONFLICTING_VALUE']);
  });

  it('takes 0 and -0 for the same value', async () => {
    await ingest(at(0, 0));
    const [again] = await ingest(at(0, '-0'));
    expect(again).toEqual({ accepted: 0, duplicates: 1, rejected: [] });
  });

  it('stores late readings of months long past by event time; latest only moves forward', async () => {
    await ingest(at(10, 1));
    const past = Date.UTC(2003, 6, 9, 12);
    const [result] = await ingest([{ timestamp: past, values: { [LEVEL]: 3 } }, at(5, 2)]);
    expect(result!.accepted).toBe(2);
    expect(await stored()).toEqual([
      [(past - start) / MINUTE, 3],
      [5, 2],
      [10, 1],
    ]);
    expect(await latest()).toEqual([10, 1]);
    await ingest(at(11, 4));
    expect(await latest()).toEqual([11, 4]);
  });

  it('stores a value outside the valid range with quality bad', async () => {
    await ingest(at(0, 5000), at(1, 5));
    const rows = await db.orm.em.fork().find(Reading, { seriesId: seriesId() }, { orderBy: { instant: 'asc' } });
    expect(rows.map(({ quality }) => quality)).toEqual([2, 0]);
  });

  it('rejects unknown metrics and unknown devices without touching the rest', async () => {
    const results = await instance.ingestion.ingest([
      messageOf(device.id, { timestamp: start, values: { [LEVEL]: 1, salinity: 3 }, battery_level: 80 }),
      messageOf('nobody-knows-me', { timestamp: start, values: { [LEVEL]: 1 } }),
    ]);
    expect(results.map(({ accepted }) => accepted)).toEqual([1, 0]);
    expect(results[0]!.rejected).toMatchObject([{ metric: 'salinity', code: 'UNKNOWN_METRIC' }]);
    expect(results[1]!.rejected).toMatchObject([{ metric: null, code: 'UNKNOWN_DEVICE' }]);
  });

  it('keeps what databases refuse in texts out of the list of rejections', async () => {
    const payload = Buffer.from(`{"values":{"a\\u0000b\\ud800":1,"${'x'.repeat(90)}":2},"n":"${'é'.repeat(3000)}"}`);
    const receivedAt = Date.now();
    await instance.ingestion.ingest([
      { deviceId: device.id, source: 'http', receivedAt, payload, ...readPayload(payload, receivedAt) },
    ]);
    expect((await rejected()).map(({ code }) => code)).toEqual(['UNKNOWN_METRIC', 'UNKNOWN_METRIC', 'UNKNOWN_METRIC']);
  });

  it('answers every rejection of a message, and keeps the first hundred and a count of the others', async () => {
    const values = Object.fromEntries(Array.from({ length: 1_200 }, (_, i) => [`m${i}`, i]));
    const [result] = await ingest([at(0, 1), { timestamp: start, values }, at(1, 2)]);
    expect(result).toMatchObject({ accepted: 2, duplicates: 0 });
    expect(result!.rejected).toHaveLength(1_200);
    const rows = await rejected();
    expect(rows).toHaveLength(101);
    expect(rows[99]).toMatchObject({ index: 1, metric: 'm99', code: 'UNKNOWN_METRIC', source: 'mqtt', municipalityId });
    expect(rows[99]!.instant).toEqual(new Date(start));
    expect(rows[100]).toMatchObject({ index: 1, metric: null, reason: expect.stringMatching(/^1100 further parts/) });
    expect(Math.abs(rows[100]!.receivedAt.getTime() - Date.now())).toBeLessThan(60_000);
  });

  it('takes a batch of messages that hold thousands of rejections each', async () => {
    const garbage = Array.from({ length: 5_000 }, (_, i) => i);
    await ingest(at(0, 1), ...Array.from({ length: 60 }, () => garbage), at(1, 2));
    expect(await stored()).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(await rejected()).toHaveLength(60 * 101);
  });

  it('tells exactly the stored readings, in the order of their keys', async () => {
    await ingest(at(1, 1));
    told = [];
    await ingest([at(2, 2), at(1, 1), at(0, 0)], { timestamp: start, values: { [RAIN]: 9 } });
    const tuples = told.flatMap(({ type, payload }) => (type === 'readings' ? liveReadingsOf(payload) : []));
    expect(tuples).toHaveLength(3);
    expect(told.map(({ type, municipalityId: m }) => [type, m])).toEqual([['readings', municipalityId]]);
  });

  it('stores everything once when two instances take the same messages at the same time', async () => {
    const other = openInstance(db, { append: async () => {} } as unknown as OutboxService);
    const bodies = Array.from({ length: 200 }, (_, i) => at(i, i));
    const [a, b] = await Promise.all([
      ingest(...bodies),
      other.ingestion.ingest(bodies.map((body) => messageOf(device.id, body))),
    ]);
    const sum = (key: 'accepted' | 'duplicates') => [...a, ...b].reduce((total, result) => total + result[key], 0);
    expect([sum('accepted'), sum('duplicates')]).toEqual([200, 200]);
    expect(await stored()).toHaveLength(200);
  });

  it('stores rightly although somebody brought rows in past the platform', async () => {
    await ingest(at(0, 0));
    await db.transactions.query(`insert into readings (instant, value, series_id, quality, risk) values (?,?,?,?,?)`, [
      db.dialect.instant(start + 5 * MINUTE),
      5,
      seriesId(),
      0,
      0,
    ]);
    const [result] = await ingest([at(4, 4), at(5, 5), at(6, 6)]);
    expect(result).toEqual({ accepted: 2, duplicates: 1, rejected: [] });
    expect(await latest()).toEqual([6, 6]);
  });

  describe('a failing part', () => {
    it('leaves nothing behind, and the same messages can be given again', async () => {
      const failing = openInstance(db, {
        append: () => Promise.reject(new Error('no log')),
      } as unknown as OutboxService);
      const message = messageOf(device.id, [at(0, 1), at(1, 'x')]);
      await expect(failing.ingestion.ingest([message])).rejects.toThrow('no log');
      expect([await stored(), await rejected()]).toEqual([[], []]);
      await instance.ingestion.ingest([message]);
      expect(await stored()).toEqual([[0, 1]]);
    });
  });
});
