import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AlertClosing } from '../../src/alerts/alert-closing.js';
import { toAlertResponse } from '../../src/alerts/alert.mapper.js';
import { listAlertsSchema } from '../../src/alerts/alert.schemas.js';
import { AlertsOfDevices } from '../../src/alerts/alerts-of-devices.js';
import { AlertsService } from '../../src/alerts/alerts.service.js';
import { SystemClock } from '../../src/common/clock.js';
import { newId } from '../../src/common/ids.js';
import type { DeviceAlertClear, DeviceAlertRaise } from '../../src/devices/device-alerts.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant } from '../support/devices-module.js';
import { makeDevice, makeSensorTypes } from '../support/judging.js';
import { makeMunicipalities, openLiveLog, type LiveLogRooms } from '../support/live-log.js';

const LEVEL = 'level_cm';
const T0 = Date.UTC(2026, 2, 1, 12);

describeEachDatabase((db) => {
  let live: LiveLogRooms;
  let service: AlertsService;
  let own: string;
  let device: { id: string };
  const clock = new SystemClock();
  const alerts = new AlertsOfDevices(clock);
  const decision = { userId: newId(), comment: 'on the way' };

  beforeAll(async () => {
    live = await openLiveLog(db, { waitForRedis: false });
    await makeSensorTypes(db, [LEVEL]);
    service = new AlertsService(db.orm.em, db.transactions, new AlertClosing(clock), live.outbox, clock);
  });
  afterAll(() => live.close());
  beforeEach(async () => {
    [own] = (await makeMunicipalities(db.transactions, 1)) as [string];
    device = await makeDevice(db, own, [LEVEL]);
  });

  const raise = (changes: Partial<DeviceAlertRaise> = {}): DeviceAlertRaise => ({
    deviceId: device.id,
    municipalityId: own,
    kind: 'device_offline',
    severity: 'MEDIUM',
    title: 'Silent',
    at: T0,
    ...changes,
  });
  const clear = (at: number): DeviceAlertClear => ({ deviceId: device.id, kind: 'device_offline', at });

  async function apply(raised: DeviceAlertRaise[], cleared: DeviceAlertClear[] = []): Promise<string[]> {
    const events = await db.transactions.run(async (tx) => {
      const told = await alerts.apply(tx, raised, cleared);
      await live.outbox.append(tx, told);
      return told;
    });
    return events.map(({ payload }) => (JSON.parse(payload) as { change: string }).change);
  }
  const list = async (query: Record<string, unknown> = {}) =>
    (await asTenant([own], () => service.list(listAlertsSchema.parse(query)))).items.map(toAlertResponse);

  it('opens one alert per device and kind, brings it up to date, ends it, and opens another one', async () => {
    expect(await apply([raise()])).toEqual(['opened']);
    expect(await apply([raise({ at: T0 + 1_000 })])).toEqual([]);
    expect(await apply([raise({ severity: 'HIGH', at: T0 + 2_000 })])).toEqual(['occurred']);
    expect(await list()).toMatchObject([
      {
        kind: 'device_offline',
        deviceId: device.id,
        ruleId: null,
        sensorId: null,
        metric: null,
        openingValue: null,
        lastValue: null,
        severity: 'HIGH',
        status: 'ACTIVE',
        occurrences: 2,
        openedAt: new Date(T0).toISOString(),
        lastOccurredAt: new Date(T0 + 2_000).toISOString(),
      },
    ]);
    expect(await apply([], [clear(T0 + 3_000)])).toEqual(['resolved']);
    expect(await apply([], [clear(T0 + 4_000)])).toEqual([]);
    expect(await list()).toMatchObject([{ status: 'RESOLVED', resolvedAt: new Date(T0 + 3_000).toISOString() }]);
    expect(await apply([raise({ at: T0 + 5_000 })])).toEqual(['opened']);
    expect((await list()).map(({ status }) => status)).toEqual(['ACTIVE', 'RESOLVED']);
  });

  it('keeps kinds and devices apart', async () => {
    const second = await makeDevice(db, own, [LEVEL]);
    await apply([raise(), raise({ kind: 'device_battery', severity: 'LOW' }), raise({ deviceId: second.id })]);
    expect(await list()).toHaveLength(3);
    expect(await list({ kind: 'device_battery,device_fault' })).toHaveLength(1);
    expect(await list({ kind: 'rule' })).toHaveLength(0);
    await apply([], [clear(T0)]);
    expect(await list({ status: 'ACTIVE' })).toHaveLength(2);
  });

  it('opens one alert when two find the same at once', async () => {
    const told = await Promise.all(Array.from({ length: 8 }, () => apply([raise()])));
    expect(told.flat()).toEqual(['opened']);
    expect(await list()).toHaveLength(1);
  });

  it('opens and ends thousands', async () => {
    const ids = Array.from({ length: 2_500 }, (_, i) => `${device.id}-${i}`);
    const now = db.dialect.instant(T0);
    await db.transactions.query(
      `insert into devices (id, municipality_id, name, created_at, updated_at) values ${ids.map(() => '(?,?,?,?,?)').join(',')}`,
      ids.flatMap((id) => [id, own, id, now, now]),
    );
    expect(await apply(ids.map((deviceId) => raise({ deviceId })))).toHaveLength(2_500);
    expect(
      await apply(
        [],
        ids.map((deviceId, i) => ({ ...clear(T0 + i), deviceId })),
      ),
    ).toHaveLength(2_500);
    const { rows } = await db.transactions.query<{ n: number | string; last: string | Date }>(
      `select count(*) as n, max(resolved_at) as last from alerts where municipality_id = ? and status = 'RESOLVED'`,
      [own],
    );
    expect(Number(rows[0]!.n)).toBe(2_500);
    expect(db.dialect.epochMs(rows[0]!.last)).toBe(T0 + 2_499);
  });

  describe('people', () => {
    it('acknowledge and resolve it; it opens again when it happens anew', async () => {
      await apply([raise()]);
      const { id } = (await list())[0]!;
      const acknowledged = await asTenant([own], () => service.acknowledge(id, decision));
      expect(acknowledged.alert).toMatchObject({ status: 'ACKNOWLEDGED', kind: 'device_offline' });
      // Still true, and said again: it stays one alert.
      expect(await apply([raise()])).toEqual([]);
      const resolved = await asTenant([own], () => service.resolve(id, decision));
      expect(resolved.alert).toMatchObject({ status: 'RESOLVED', resolvedBy: decision.userId });
      expect(resolved.notes.map(({ change }) => change)).toEqual(['acknowledged', 'resolved']);
      await expect(asTenant([own], () => service.resolve(id, decision))).rejects.toMatchObject({
        code: 'ALERT_ALREADY_RESOLVED',
      });
      expect(await apply([raise({ at: T0 + 9_000 })])).toEqual(['opened']);
    });

    it('of another municipality do not see it', async () => {
      await apply([raise()]);
      const { id } = (await list())[0]!;
      await expect(asTenant([newId()], () => service.get(id))).rejects.toMatchObject({ code: 'ALERT_NOT_FOUND' });
    });
  });
});
