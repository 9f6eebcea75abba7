import type { TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { listDevicesSchema } from '../../src/devices/device.schemas.js';
import { DevicesService } from '../../src/devices/devices.service.js';
import { DeviceRemovalService } from '../../src/devices/device-removal.service.js';
import { HealthSummaryService } from '../../src/devices/heartbeat/health-summary.service.js';
import { percentOf } from '../../src/devices/heartbeat/history/availability.js';
import { AvailabilityReader } from '../../src/devices/heartbeat/history/availability-reader.js';
import { AvailabilityService } from '../../src/devices/heartbeat/history/availability.service.js';
import { statusHistoryQuerySchema } from '../../src/devices/heartbeat/history/history.schemas.js';
import { StatusHistoryService } from '../../src/devices/heartbeat/history/status-history.service.js';
import { MaintenanceService } from '../../src/devices/heartbeat/maintenance/maintenance.service.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant, createDevicesModule, createMunicipality } from '../support/devices-module.js';
import { Lives, StandingClock } from '../support/lives.js';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
/** Clocks in Vienna go forward on 29 March 2026, 01:00 UTC: a day of 23 hours. */
const MIDNIGHT = Date.UTC(2026, 2, 27, 23);

describeEachDatabase((db) => {
  const clock = new StandingClock(MIDNIGHT);
  let module: TestingModule;
  let home: string;
  let lives: Lives;
  let made = 0;

  beforeAll(async () => {
    module = await createDevicesModule(db, { clock });
  });
  afterAll(() => module.close());
  beforeEach(async () => {
    clock.set(MIDNIGHT);
    await db.transactions.query(`delete from listening_spans`);
    home = await createMunicipality(module);
    await db.transactions.query(`update municipalities set time_zone = 'Europe/Vienna' where id = ?`, [home]);
    lives = new Lives(db, module, clock, home, MIDNIGHT);
  });

  async function devices(count: number, intervalSeconds: number): Promise<string[]> {
    const ids = Array.from({ length: count }, (_, i) => `past-${++made}-${i}`);
    await lives.register(ids, intervalSeconds);
    return ids;
  }
  const own = <T>(work: () => Promise<T>): Promise<T> => asTenant([home], work);
  const at = (offset: number): Date => new Date(MIDNIGHT + offset);

  describe('availability', () => {
    it('counts days of the municipality, also one of 23 hours, and leaves out what nobody knows', async () => {
      const [id] = (await devices(1, 1_200)) as [string];
      await lives.listened(0, { anew: 0 });
      await lives.sign([id], 0);
      // Silent from the first minute: offline after an hour of listening, back at noon; a pause of ours in the evening.
      await lives.sweep(12 * HOUR);
      await lives.sign([id], 12 * HOUR);
      for (let hour = 12; hour < 18; hour += 0.25) await lives.sign([id], hour * HOUR);
      await lives.listened(18 * HOUR);
      await lives.listened(20 * HOUR, { anew: 20 * HOUR });
      for (let hour = 20; hour < 60; hour += 0.25) {
        await lives.listened(hour * HOUR);
        await lives.sign([id], hour * HOUR);
      }
      const { total, days } = await own(() =>
        module.get(AvailabilityService).ofDevice(id, { from: at(0), to: at(47 * HOUR) }),
      );
      expect(days.map(({ start }) => (start - MIDNIGHT) / HOUR)).toEqual([0, 24]);
      expect(days[0]).toMatchObject({ up: 11 * HOUR + 1, down: 11 * HOUR - 1, unknown: 2 * HOUR, apart: 0 });
      expect(days[1]).toMatchObject({ up: 23 * HOUR, down: 0, unknown: 0, apart: 0 });
      expect(percentOf(days[0]!)).toBe(50);
      expect(total.up).toBe(34 * HOUR + 1);
      const whole = await own(() =>
        module.get(AvailabilityService).ofMunicipality(home, { from: at(0), to: at(47 * HOUR) }),
      );
      expect(whole).toMatchObject({ total, days });
    });

    it('knows what devices were before their history began, and reads none that is younger than the range', async () => {
      const [id] = (await devices(1, 60)) as [string];
      await lives.listened(0, { anew: -HOUR });
      await lives.sign([id], 10 * HOUR);
      await lives.sweep(11 * HOUR);
      const range = { from: MIDNIGHT - HOUR, to: MIDNIGHT };
      const [story] = await module.get(AvailabilityReader).stories([id], range);
      // Now it is offline; then it had never been heard.
      expect(story).toMatchObject({ initial: 'never_seen', changes: [] });
    });

    it('tells nobody about other municipalities', async () => {
      const service = module.get(AvailabilityService);
      const [id] = (await devices(1, 60)) as [string];
      const stranger = <T>(work: () => Promise<T>) => asTenant([newId()], work);
      await expect(stranger(() => service.ofDevice(id, {}))).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND' });
      await expect(stranger(() => service.ofMunicipality(home, {}))).rejects.toMatchObject({
        code: 'MUNICIPALITY_NOT_FOUND',
      });
      const range = { from: at(-400 * 24 * HOUR), to: at(0) };
      await expect(own(() => service.ofDevice(id, range))).rejects.toMatchObject({
        errors: [{ code: 'RANGE_TOO_LARGE' }],
      });
    });

    it('goes through the devices of a municipality page by page', async () => {
      const ids = await devices(5, 60);
      await lives.listened(0, { anew: -HOUR });
      await lives.sign(ids, 0);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const query = { municipalityId: home, limit: 2, from: at(-HOUR), to: at(HOUR), ...(cursor ? { cursor } : {}) };
        const page = await own(() => module.get(AvailabilityService).page(query));
        seen.push(...page.items.map(({ device }) => device.id));
        cursor = page.nextCursor ?? undefined;
      } while (cursor);
      expect(seen).toEqual([...ids].sort());
    });
  });

  it('lists the history page by page, the newest first', async () => {
    const [id] = (await devices(1, 60)) as [string];
    await lives.listened(0, { anew: -HOUR });
    for (let round = 0; round < 4; round++) {
      await lives.sign([id], round * HOUR);
      await lives.sweep(round * HOUR + 200 * SECOND);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query = statusHistoryQuerySchema.parse({ limit: 5, ...(cursor ? { cursor } : {}) });
      const page = await own(() => module.get(StatusHistoryService).list(id, query));
      seen.push(...page.items.map(({ toState }) => toState));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual(Array.from({ length: 4 }, () => ['offline', 'late', 'online']).flat());
    const range = { from: at(HOUR).toISOString(), to: at(2 * HOUR).toISOString() };
    const some = await own(() => module.get(StatusHistoryService).list(id, statusHistoryQuerySchema.parse(range)));
    expect(some.items.map(({ toState }) => toState)).toEqual(['offline', 'late', 'online']);
    await expect(
      asTenant([newId()], () => module.get(StatusHistoryService).list(id, statusHistoryQuerySchema.parse({}))),
    ).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND' });
  });

  it('finds and counts devices by what they are', async () => {
    const [online, late, offline, unheard, mended, off] = (await devices(6, 60)) as [
      ...[string, string, string, string, string, string],
    ];
    await lives.listened(0, { anew: -HOUR });
    await lives.sign([offline], 0);
    await lives.sign([late, mended, off], 100 * SECOND);
    await lives.sign([online], 195 * SECOND);
    await lives.sweep(200 * SECOND);
    await own(() => module.get(DevicesService).setStatus(off, 'deactivated'));
    const begun = await own(() =>
      module.get(MaintenanceService).begin(mended, { until: at(2 * HOUR), reason: 'new mast' }),
    );
    expect(begun).toMatchObject({ maintenanceReason: 'new mast' });
    const list = async (health: string) => {
      const page = await own(() => module.get(DevicesService).list(listDevicesSchema.parse({ health })));
      return page.items.map(({ device, life }) => [device.id, life.state]);
    };
    expect(await list('offline,late')).toEqual([
      [late, 'late'],
      [offline, 'offline'],
    ]);
    expect(await list('never_seen')).toEqual([[unheard, 'never_seen']]);
    expect(await list('maintenance')).toEqual([[mended, 'maintenance']]);
    expect(await list('deactivated')).toEqual([[off, 'deactivated']]);
    expect(await own(() => module.get(HealthSummaryService).count())).toEqual([
      {
        municipalityId: home,
        states: { online: 1, late: 1, offline: 1, never_seen: 1, maintenance: 1, deactivated: 1 },
      },
    ]);
    expect(await asTenant([newId()], () => module.get(HealthSummaryService).count(home))).toEqual([]);
    await own(() => module.get(MaintenanceService).end(mended));
    expect(await list('maintenance')).toEqual([]);
    const over = own(() => module.get(MaintenanceService).begin(mended, { until: at(0), reason: 'late' }));
    await expect(over).rejects.toMatchObject({ errors: [{ code: 'END_OUT_OF_RANGE' }] });
  });

  it('keeps a device that has had an alert about itself', async () => {
    const [id] = (await devices(1, 60)) as [string];
    await lives.listened(0, { anew: -HOUR });
    await lives.sign([id], 0, { batteryLevel: 5 });
    await expect(own(() => module.get(DeviceRemovalService).remove(id))).rejects.toMatchObject({
      code: 'DEVICE_HAS_HISTORY',
    });
  });
});
