import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { Device } from '../../src/devices/device.entity.js';
import { keepReportingSchedule } from '../../src/devices/reporting/reporting-schedules.js';
import type { OutboxService } from '../../src/outbox/outbox.service.js';
import { toDeviceCompleteness } from '../../src/readings/completeness/completeness.mapper.js';
import type { CompletenessService } from '../../src/readings/completeness/completeness.service.js';
import { LedgerPruner } from '../../src/readings/completeness/ledger-pruner.js';
import {
  at,
  DAY,
  HOUR,
  LEVEL,
  makeMunicipality,
  messageAt,
  openCompleteness,
  QUARTER,
  RAIN,
  RANGE,
  SILENT,
  SLOTS,
  START,
} from '../support/completeness.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant } from '../support/devices-module.js';
import { makeDevice, makeSensorTypes, openInstance, type JudgingInstance } from '../support/judging.js';

describeEachDatabase((db) => {
  let instance: JudgingInstance;
  let municipalityId: string;
  let service: CompletenessService;
  let deviceId: string;

  beforeAll(async () => {
    await makeSensorTypes(db, [LEVEL, RAIN]);
    municipalityId = await makeMunicipality(db);
    instance = openInstance(db, SILENT);
    service = openCompleteness(db).devices;
  });
  beforeEach(async () => {
    deviceId = (await makeDevice(db, municipalityId, [LEVEL, RAIN])).id;
  });

  const message = (body: object, instant: number, delay?: number) => messageAt(deviceId, instant, body, delay);
  const send = (slots: readonly number[], ingestion = instance.ingestion) =>
    ingestion.ingest(slots.map((slot) => message({}, at(slot))));
  const ask = (resolution: 'hour' | 'day' = 'hour', asked: object = RANGE, id = deviceId) =>
    asTenant([municipalityId], async () => toDeviceCompleteness(await service.ofDevice(id, { ...asked, resolution })));

  it('says 92.7 % of a day of which 7 of 96 messages are missing, and names exactly those', async () => {
    const dropped = [0, 17, 40, 41, 42, 77, 95];
    await send(SLOTS.filter((slot) => !dropped.includes(slot)));
    const answer = await ask();
    // Nothing is expected before the first reading ever, so the device has to have begun before.
    expect([answer.expected, answer.received]).toEqual([95, 89]);
    await send([-1]);
    const begun = await ask();
    expect([begun.expected, begun.received, begun.percent]).toEqual([96, 89, 92.7]);
    expect(begun.gaps.map(({ expectedAt }) => Date.parse(expectedAt))).toEqual(dropped.map(at));
    expect(begun.hours).toHaveLength(24);
    const wrong = begun.hours.filter(({ percent }) => percent !== 100);
    expect(wrong.map((hour) => [new Date(hour.start).getUTCHours(), hour.expected, hour.received])).toEqual([
      [0, 4, 3],
      [4, 4, 3],
      [10, 4, 1],
      [19, 4, 3],
      [23, 4, 3],
    ]);
    // Days are those of Vienna, so this one is cut in two.
    expect(begun.days.map(({ start: day, expected, received }) => [day, expected, received])).toEqual([
      ['2026-02-28T23:00:00.000Z', 92, 86],
      ['2026-03-01T23:00:00.000Z', 4, 3],
    ]);
  });

  it('closes a gap when a late reading comes, and counts it as late and not as a wrong clock', async () => {
    await send(SLOTS.filter((slot) => slot !== 30));
    expect((await ask()).gaps).toMatchObject([{ expectedAt: new Date(at(30)).toISOString() }]);
    await instance.ingestion.ingest([message({}, at(30), 5 * HOUR)]);
    await instance.deliveries.flush();
    const answer = await ask();
    expect(answer).toMatchObject({ percent: 100, gaps: [], late: 1, duplicates: 0, sequence: null, sequenceGaps: [] });
    expect(answer.clockSkew).toEqual({ minSeconds: 1.5, typicalSeconds: 1.5, maxSeconds: 5 * 3600 });
    expect(answer.hours.find(({ late }) => late > 0)?.start).toBe(new Date(START + 7 * HOUR).toISOString());
  });

  it('counts what is delivered again, and does not take it for more', async () => {
    await send(SLOTS.slice(0, 8));
    await send(SLOTS.slice(0, 3));
    await instance.ingestion.ingest([message({}, at(3)), message({}, at(8)), message({}, at(8))]);
    await instance.deliveries.flush();
    const answer = await ask('hour', { from: new Date(START), to: new Date(at(9)) });
    expect(answer).toMatchObject({ expected: 9, received: 9, percent: 100, duplicates: 5, late: 0 });
  });

  it('tells a clock that is ahead by the least of arrival minus timestamp', async () => {
    await instance.ingestion.ingest([message({}, at(0), -60_000), message({}, at(1), -58_000)]);
    await instance.deliveries.flush();
    expect((await ask()).clockSkew).toEqual({ minSeconds: -60, typicalSeconds: -59, maxSeconds: -58 });
  });

  it('adds up what two instances count', async () => {
    const other = openInstance(db, SILENT);
    const half = (slots: readonly number[], of: JudgingInstance) => send(slots, of.ingestion);
    await Promise.all([half(SLOTS.slice(0, 60), instance), half(SLOTS.slice(40), other)]);
    await Promise.all([instance.deliveries.flush(), other.deliveries.flush()]);
    expect(await ask()).toMatchObject({ expected: 96, received: 96, duplicates: 20, late: 0 });
  });

  describe('numbers of reading sets', () => {
    const numbered = (numbers: readonly (readonly [slot: number, seq: number])[], ingestion = instance.ingestion) =>
      ingestion.ingest(numbers.map(([slot, seq]) => message({ seq }, at(slot))));

    it('name what is missing, until it comes', async () => {
      await numbered([
        [0, 500],
        [1, 501],
        [4, 504],
        [5, 505],
        [7, 0],
        [8, 1],
      ]);
      const answer = await ask();
      expect(answer.sequence).toEqual({ received: 6, lost: 2, restarts: 1, repeated: 0 });
      expect(answer.sequenceGaps).toEqual([
        {
          fromSeq: 502,
          toSeq: 503,
          count: 2,
          after: new Date(at(1)).toISOString(),
          before: new Date(at(4)).toISOString(),
        },
      ]);
      await numbered([
        [3, 503],
        [3, 503],
        [1, 501],
      ]);
      expect((await ask()).sequenceGaps).toMatchObject([{ fromSeq: 502, toSeq: 502, count: 1 }]);
      await numbered([[2, 502]]);
      expect(await ask()).toMatchObject({ sequence: { received: 8, lost: 0, repeated: 0 }, sequenceGaps: [] });
    });

    it('are known of a set whose values were all rejected: it came', async () => {
      await numbered([[0, 7]]);
      await instance.ingestion.ingest([message({ seq: 8, values: { [LEVEL]: 'wet' } }, at(1))]);
      await numbered([[2, 9]]);
      expect(await ask()).toMatchObject({ received: 2, sequence: { received: 3, lost: 0 } });
    });

    it('are known exactly when the readings are: a transaction that fails leaves neither', async () => {
      const failing = openInstance(db, {
        append: () => Promise.reject(new Error('no log')),
      } as unknown as OutboxService);
      await numbered([[0, 7]]);
      await expect(numbered([[1, 8]], failing.ingestion)).rejects.toThrow('no log');
      await failing.deliveries.flush();
      await instance.deliveries.flush();
      await numbered([[2, 9]]);
      expect((await ask()).sequenceGaps).toMatchObject([{ fromSeq: 8, toSeq: 8 }]);
      expect((await ask('hour', { from: new Date(START), to: new Date(at(3)) })).gaps).toHaveLength(1);
      const { rows } = await db.transactions.query<{ sets: number }>(
        `select sum(sets) as sets from delivery_hours where device_id = ?`,
        [deviceId],
      );
      expect(Number(rows[0]!.sets)).toBe(1);
    });

    it('are written once when two instances take the same messages at the same time', async () => {
      const other = openInstance(db, SILENT);
      const numbers = SLOTS.map((slot) => [slot, 1_000 + slot] as const);
      await Promise.all([numbered(numbers), numbered(numbers, other.ingestion), numbered(numbers, other.ingestion)]);
      expect((await ask()).sequence).toEqual({ received: 96, lost: 0, restarts: 0, repeated: 0 });
    });

    it('go when they are old, and readings stay', async () => {
      await numbered([
        [0, 7],
        [1, 8],
      ]);
      await new LedgerPruner(db.transactions, new SystemClock()).prune();
      const recent = Date.now() - HOUR;
      await instance.ingestion.ingest([message({ seq: 9 }, recent)]);
      await new LedgerPruner(db.transactions, new SystemClock()).prune();
      expect((await ask()).sequence).toBeNull();
      const now = await ask('hour', { from: new Date(recent - HOUR), to: new Date() });
      expect(now.sequence).toEqual({ received: 1, lost: 0, restarts: 0, repeated: 0 });
    });
  });

  it('measures the past by what was expected then', async () => {
    const change = (what: Partial<Device>) =>
      asTenant('all', () =>
        db.transactions.run(async (tx) => {
          const device = await tx.em.findOneOrFail(Device, { id: deviceId });
          tx.em.assign(device, what);
          await tx.em.flush();
          await keepReportingSchedule(tx, device);
        }),
      );
    await change({ name: 'x' });
    await change({ name: 'y', reportingIntervalSeconds: 300 });
    await change({ heartbeatIntervalSeconds: 60 });
    await change({ status: 'deactivated' });
    await change({ status: 'active', reportingIntervalSeconds: null });
    const { rows } = await db.transactions.query<{ interval_seconds: number | null }>(
      `select interval_seconds from reporting_schedules where device_id = ? order by since`,
      [deviceId],
    );
    expect(rows.map(({ interval_seconds: seconds }) => seconds)).toEqual([900, 300, null, 60]);
    await send(SLOTS);
    // All of that was before any of those changes.
    expect(await ask()).toMatchObject({ expected: 96, received: 96, reportingIntervalSeconds: 60 });
  });

  it('gives days of 23 and 25 hours what they have room for', async () => {
    for (const [from, hours] of [
      [Date.UTC(2026, 2, 28, 23), 23],
      [Date.UTC(2025, 9, 25, 22), 25],
    ] as const) {
      const count = hours * 4;
      await instance.ingestion.ingest(
        Array.from({ length: count }, (_, i) => message({}, from + i * QUARTER + 60_000)).filter((_, i) => i !== 5),
      );
      const asked = { from: new Date(from), to: new Date(from + hours * HOUR) };
      const { days, gaps } = await ask('day', asked);
      expect(days.map(({ expected, received }) => [expected, received])).toEqual([[count, count - 1]]);
      expect(gaps.map(({ expectedAt }) => Date.parse(expectedAt))).toEqual([from + 5 * QUARTER + 60_000]);
    }
  });

  it('refuses to look at more than one answer should cost', async () => {
    const month = { from: new Date(START - 40 * DAY), to: new Date(START) };
    await expect(ask('hour', month)).rejects.toMatchObject({ code: 'RANGE_TOO_LARGE' });
    expect((await ask('day', month)).days).toHaveLength(41);
    await db.transactions.query(`update devices set reporting_interval_seconds = 1 where id = ?`, [deviceId]);
    await expect(ask('day', { from: new Date(START - 60 * DAY), to: new Date(START) })).rejects.toMatchObject({
      code: 'RANGE_TOO_LARGE',
    });
  });
});
