import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AlertClosing } from '../../src/alerts/alert-closing.js';
import { listAlertsSchema } from '../../src/alerts/alert.schemas.js';
import { AlertsService } from '../../src/alerts/alerts.service.js';
import type { Alert } from '../../src/alerts/alert.entity.js';
import { toAlertResponse } from '../../src/alerts/alert.mapper.js';
import { RuleState } from '../../src/alerts/rule-state.entity.js';
import { SystemClock } from '../../src/common/clock.js';
import { newId } from '../../src/common/ids.js';
import { AlertRule } from '../../src/rules/alert-rule.entity.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant } from '../support/devices-module.js';
import { makeDevice, makeSensorTypes, messageOf, openInstance, type JudgingInstance } from '../support/judging.js';
import { makeMunicipalities, openLiveLog, type LiveLogRooms } from '../support/live-log.js';

const LEVEL = 'level_cm';
const START = Date.UTC(2026, 2, 1);

describeEachDatabase((db) => {
  let live: LiveLogRooms;
  let alerts: AlertsService;
  let instance: JudgingInstance;
  let own: string;
  let other: string;
  let device: Awaited<ReturnType<typeof makeDevice>>;
  let ruleId: string;
  const person = newId();

  beforeAll(async () => {
    live = await openLiveLog(db, { waitForRedis: false });
    await makeSensorTypes(db, [LEVEL]);
    const clock = new SystemClock();
    alerts = new AlertsService(db.orm.em, db.transactions, new AlertClosing(clock), live.outbox, clock);
  });
  afterAll(() => live.close());
  beforeEach(async () => {
    [own, other] = (await makeMunicipalities(db.transactions, 2)) as [string, string];
    device = await makeDevice(db, own, [LEVEL]);
    ruleId = await makeRule(own);
    instance = openInstance(db, live.outbox);
  });

  async function makeRule(municipalityId: string): Promise<string> {
    const em = db.orm.em.fork();
    const rule = em.create(AlertRule, {
      name: 'High',
      kind: 'threshold',
      scope: { sensorTypeCode: LEVEL },
      condition: { operator: '>', value: 10 },
      severity: 'HIGH',
      municipalityId,
    });
    await em.flush();
    return rule.id;
  }

  /** Readings are [second, value]. */
  const take = (deviceId: string, ...readings: [number, number][]) =>
    instance.ingestion.ingest(
      readings.map(([second, value]) =>
        messageOf(deviceId, { timestamp: START + second * 1_000, values: { [LEVEL]: value } }),
      ),
    );
  const asOwn = <T>(work: () => Promise<T>): Promise<T> => asTenant([own], work);
  const all = (query: Record<string, unknown> = {}) => asOwn(() => alerts.list(listAlertsSchema.parse(query)));
  const only = async (): Promise<Alert> => (await all()).items[0]!;
  const decision = { userId: person, comment: 'seen' };
  const told = async () => {
    const { rows } = await db.transactions.query<{ payload: string }>(
      `select payload from outbox_events where municipality_id = ? and type = 'alert' order by position`,
      [own],
    );
    return rows.map(({ payload }) => JSON.parse(payload) as { change: string; status: string });
  };

  describe('list', () => {
    it('shows the newest first, page by page, and only those of the own municipality', async () => {
      await makeRule(other);
      await take((await makeDevice(db, other, [LEVEL])).id, [0, 20]);
      await take(device.id, [0, 20], [1, 5], [2, 20], [3, 5], [4, 20]);
      const opened: number[] = [];
      let cursor: string | null | undefined;
      do {
        const page = await all({ limit: 2, ...(cursor ? { cursor } : {}) });
        expect(page.items.length).toBeLessThanOrEqual(2);
        opened.push(...page.items.map(({ openedAt }) => (openedAt.getTime() - START) / 1_000));
        cursor = page.nextCursor;
      } while (cursor);
      expect(opened).toEqual([4, 2, 0]);
    });

    it('filters', async () => {
      await take(device.id, [0, 20], [1, 5], [2, 20]);
      const count = async (query: Record<string, unknown>) => (await all(query)).items.length;
      const sensorId = device.sensors.get(LEVEL)!.id;
      const instant = (second: number) => new Date(START + second * 1_000).toISOString();
      expect(await count({ status: 'ACTIVE' })).toBe(1);
      expect(await count({ status: 'ACTIVE,RESOLVED' })).toBe(2);
      expect(await count({ status: ['ACKNOWLEDGED', 'RESOLVED'] })).toBe(1);
      expect(await count({ severity: 'LOW' })).toBe(0);
      expect(await count({ sensorId, deviceId: device.id, ruleId, municipalityId: own, severity: 'HIGH,LOW' })).toBe(2);
      expect(await count({ sensorId: newId() })).toBe(0);
      expect(await count({ municipalityId: other })).toBe(0);
      expect(await count({ from: instant(2) })).toBe(1);
      expect(await count({ from: instant(0), to: instant(2) })).toBe(1);
    });
  });

  describe('acknowledge', () => {
    it('is noted with who, when and why, and told', async () => {
      await take(device.id, [0, 20]);
      const { alert, notes } = await asOwn(async () => alerts.acknowledge((await only()).id, decision));
      expect(alert).toMatchObject({ status: 'ACKNOWLEDGED', acknowledgedBy: person, openMarker: 1 });
      expect(notes).toMatchObject([{ change: 'acknowledged', userId: person, comment: 'seen' }]);
      const stored = toAlertResponse(await only());
      expect((await told()).at(-1)).toEqual({ ...stored, change: 'acknowledged' });
      const read = await asOwn(() => alerts.get(alert.id));
      expect(read.notes).toHaveLength(1);
    });

    it('is taken once, also when two people are equally fast', async () => {
      await take(device.id, [0, 20]);
      const { id } = await only();
      const both = await Promise.allSettled([1, 2].map(() => asOwn(() => alerts.acknowledge(id, decision))));
      expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'ALERT_ALREADY_ACKNOWLEDGED' },
      });
    });

    it('refuses what is resolved, and what another municipality has', async () => {
      await take(device.id, [0, 20], [1, 5]);
      const { id } = await only();
      await expect(asOwn(() => alerts.acknowledge(id, decision))).rejects.toMatchObject({ code: 'ALERT_NOT_ACTIVE' });
      for (const work of [
        () => alerts.get(id),
        () => alerts.acknowledge(id, decision),
        () => alerts.resolve(id, decision),
      ]) {
        await expect(asTenant([other], work)).rejects.toMatchObject({ code: 'ALERT_NOT_FOUND' });
      }
    });

    it('stays acknowledged while the breach goes on, and when it ends by itself', async () => {
      await take(device.id, [0, 20]);
      await asOwn(async () => alerts.acknowledge((await only()).id, decision));
      await take(device.id, [1, 21]);
      expect(await only()).toMatchObject({ status: 'ACKNOWLEDGED', occurrences: 2 });
      await take(device.id, [2, 5]);
      expect(await only()).toMatchObject({ status: 'RESOLVED', resolvedBy: null, acknowledgedBy: person });
    });
  });

  describe('resolve', () => {
    const state = () =>
      db.orm.em
        .fork()
        .findOneOrFail(
          RuleState,
          { ruleId, seriesId: device.sensors.get(LEVEL)!.seriesId },
          { filters: { tenant: false } },
        );

    it('closes the alert and what is stored up to now', async () => {
      await take(device.id, [0, 20], [9, 21]);
      const { alert, notes } = await asOwn(async () => alerts.resolve((await only()).id, decision));
      expect(alert).toMatchObject({ status: 'RESOLVED', resolvedBy: person, openMarker: null });
      expect(notes).toMatchObject([{ change: 'resolved', comment: 'seen' }]);
      expect((await told()).at(-1)).toEqual({ ...toAlertResponse(await only()), change: 'resolved' });
      const { phase, alertId, floorInstant } = await state();
      expect({ phase, alertId, floor: floorInstant?.getTime() }).toEqual({
        phase: 0,
        alertId: null,
        floor: START + 9_000,
      });
      await expect(asOwn(() => alerts.resolve(alert.id, decision))).rejects.toMatchObject({
        code: 'ALERT_ALREADY_RESOLVED',
      });
    });

    it('is followed by a new alert for the next breach, and by none for late readings', async () => {
      await take(device.id, [0, 20], [9, 21]);
      await asOwn(async () => alerts.resolve((await only()).id, decision));
      await take(device.id, [4, 25]);
      expect((await all()).items).toHaveLength(1);
      await take(device.id, [10, 22]);
      expect((await all()).items.map(({ status }) => status)).toEqual(['ACTIVE', 'RESOLVED']);
      await take(device.id, [11, 5]);
      await take(device.id, [5, 25]);
      expect((await all()).items.map(({ status }) => status)).toEqual(['RESOLVED', 'RESOLVED']);
    });

    it('never leaves a breach that came after it without an alert, however it meets with ingestion', async () => {
      for (let round = 0; round < 15; round++) {
        const second = round * 10;
        await take(device.id, [second, 20]);
        const open = (await all({ status: 'ACTIVE' })).items;
        expect(open).toHaveLength(1);
        const resolving = asOwn(() => alerts.resolve(open[0]!.id, decision));
        await Promise.all([resolving, take(device.id, [second + 1, 20]), take(device.id, [second + 2, 20])]);
        const floor = (await state()).floorInstant!.getTime();
        const left = (await all({ status: 'ACTIVE' })).items;
        expect(left).toHaveLength(floor < START + (second + 2) * 1_000 ? 1 : 0);
        expect((await state()).alertId).toBe(left[0]?.id ?? null);
        await take(device.id, [second + 3, 5]);
      }
    });
  });
});
