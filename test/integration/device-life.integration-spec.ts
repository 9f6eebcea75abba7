import { EntityManager } from '@mikro-orm/core';
import type { TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { DevicesService } from '../../src/devices/devices.service.js';
import { PresenceService } from '../../src/devices/heartbeat/presence.service.js';
import { Sweeper } from '../../src/devices/heartbeat/sweep/sweeper.js';
import { OutboxEvent } from '../../src/outbox/outbox-event.entity.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant, createDevicesModule, createMunicipality } from '../support/devices-module.js';
import { Lives, SETTLE_MS, StandingClock } from '../support/lives.js';

const T0 = Date.UTC(2026, 2, 1, 12);
const SECOND = 1_000;

describeEachDatabase((db) => {
  const clock = new StandingClock(T0);
  let module: TestingModule;
  let home: string;
  let lives: Lives;
  let start = T0;
  let made = 0;

  beforeAll(async () => {
    module = await createDevicesModule(db, { clock });
  });
  afterAll(() => module.close());
  beforeEach(async () => {
    // Every test lives on its own day: what another one left is long over.
    start += 24 * 3_600 * SECOND;
    clock.set(start);
    await db.transactions.query(`delete from listening_spans`);
    home = await createMunicipality(module);
    lives = new Lives(db, module, clock, home, start);
  });

  async function devices(count: number, intervalSeconds = 60): Promise<string[]> {
    const ids = Array.from({ length: count }, (_, i) => `life-${++made}-${i}`);
    await lives.register(ids, intervalSeconds);
    return ids;
  }

  it('finds the silent ones, says so with an alert, and takes it back with the next message', async () => {
    const [silent, alive] = (await devices(2)) as [string, string];
    await lives.listened(0);
    await lives.sign([silent, alive], 0);
    expect(await lives.sweep(89 * SECOND)).toEqual({ looked: 0, changed: 0 });
    await lives.sign([alive], 60 * SECOND);
    expect(await lives.sweep(100 * SECOND)).toEqual({ looked: 1, changed: 1 });
    expect((await lives.stored([silent])).get(silent)).toMatchObject({ state: 'late', since: 90_001 });
    await lives.sign([alive], 120 * SECOND);
    await lives.sweep(181 * SECOND);
    expect(await lives.alerting()).toEqual([silent]);
    expect((await lives.stored([silent])).get(silent)).toEqual({
      ...{ state: 'offline', reason: 'LAST_HEARTBEAT', since: 180_001, conditions: '', due: null },
    });
    await lives.sign([silent], 300 * SECOND);
    expect(await lives.alerting()).toEqual([]);
    expect((await lives.history(-1)).get(silent)).toEqual(['online 0', 'late 90.001', 'offline 180.001', 'online 300']);
    expect((await lives.history(-1)).get(alive)).toEqual(['online 0']);
  });

  it('tells control rooms of each change, with the reason', async () => {
    const [id] = (await devices(1)) as [string];
    await lives.listened(0);
    await lives.sign([id], 0);
    await lives.sweep(500 * SECOND);
    const rows = await module.get(EntityManager).fork().find(OutboxEvent, { municipalityId: home });
    const told = rows.map(({ type, payload }) => [type, JSON.parse(payload) as Record<string, unknown>] as const);
    expect(told.map(([type]) => type)).toEqual(['device', 'device', 'alert']);
    expect(told[1]![1]).toMatchObject({
      deviceId: id,
      change: 'status',
      health: { status: 'offline', previousStatus: 'online', reasonCode: 'LAST_HEARTBEAT', conditions: [] },
    });
    expect(told[2]![1]).toMatchObject({ kind: 'device_offline', change: 'opened', deviceId: id, metric: null });
  });

  it('stamps what it finds late with when it became true', async () => {
    const [id] = (await devices(1)) as [string];
    await lives.listened(0);
    await lives.sign([id], 0);
    // Nobody swept for an hour, though somebody listened.
    await lives.sweep(3_600 * SECOND);
    expect((await lives.history(-1)).get(id)).toEqual(['online 0', 'late 90.001', 'offline 180.001']);
  });

  it('opens and ends alerts about battery, fault and clock', async () => {
    const [id] = (await devices(1)) as [string];
    await lives.listened(0);
    await lives.sign([id], 0, { batteryLevel: 15, status: 'fault' });
    await lives.sign([id], 1_000, { data: true, clock: 'wrong' });
    for (const kind of ['device_battery', 'device_fault', 'device_clock'])
      expect(await lives.alerting(kind)).toEqual([id]);
    await lives.sign([id], 2_000, { batteryLevel: 22, status: 'online' });
    expect(await lives.alerting('device_fault')).toEqual([]);
    expect(await lives.alerting('device_battery')).toEqual([id]);
    await lives.sign([id], 3_000, { batteryLevel: 60, data: true, clock: 'right' });
    expect(await lives.alerting('device_battery')).toEqual([]);
    expect(await lives.alerting('device_clock')).toEqual([]);
  });

  it('lets a deactivated device and one in maintenance be', async () => {
    const [off, mended] = (await devices(2)) as [string, string];
    await lives.listened(0);
    await lives.sign([off, mended], 0, { batteryLevel: 10 });
    await lives.sweep(200 * SECOND);
    expect(await lives.alerting()).toEqual([off, mended].sort());
    const service = module.get(DevicesService);
    await asTenant([home], () => service.setStatus(off, 'deactivated'));
    await db.transactions.query(`update devices set maintenance_until = ? where id = ?`, [
      db.dialect.instant(start + 1_000 * SECOND),
      mended,
    ]);
    await asTenant([home], () => service.update(mended, { name: 'On the bench' }));
    expect(await lives.alerting()).toEqual([]);
    expect(await lives.alerting('device_battery')).toEqual([]);
    // The maintenance ends by itself; whoever is not heard then is missed again.
    await lives.sweep(1_001 * SECOND);
    expect((await lives.stored([mended])).get(mended)).toMatchObject({ state: 'late', reason: 'AWAITED' });
    expect(await lives.alerting('device_battery')).toEqual([mended]);
    await lives.sweep(1_181 * SECOND);
    expect(await lives.alerting()).toEqual([mended]);
    expect((await lives.stored([off])).get(off)).toMatchObject({ state: 'deactivated', due: null });
  });

  describe('after a pause of ours', () => {
    it('no false alert comes of it, and a silent one is found in its time', async () => {
      const ids = await devices(200);
      const [silent, ...alive] = ids as [string, ...string[]];
      await lives.listened(0);
      await lives.sign(ids, 0);
      // Killed after 10 s, back after ten minutes.
      await lives.listened(10 * SECOND);
      await lives.listened(600 * SECOND, { anew: 600 * SECOND });
      expect((await lives.sweep(610 * SECOND)).changed).toBe(0);
      expect((await lives.sweep(659 * SECOND)).changed).toBe(0);
      await lives.sign(alive, 659 * SECOND);
      // 8 s of its silence were heard before the pause (2 s less than it lasted), so 172 s are left.
      await lives.sweep(771 * SECOND);
      expect(await lives.alerting()).toEqual([]);
      await lives.sweep(773 * SECOND);
      expect(await lives.alerting()).toEqual([silent]);
      expect(await lives.alertsEver()).toBe(1);
    });

    it('another one that went on listening makes it none', async () => {
      const [id] = (await devices(1)) as [string];
      await lives.listened(0);
      const other = new Lives(db, module, clock, home, start);
      await other.listened(0, { anew: 0 });
      await lives.sign([id], 0);
      // The first one dies at 10 s; the second one goes on.
      await lives.listened(10 * SECOND);
      await other.sweep(181 * SECOND);
      expect(await lives.alerting()).toEqual([id]);
    });

    it('nobody is judged while nobody listens', async () => {
      const [id] = (await devices(1)) as [string];
      await lives.listened(0);
      await lives.sign([id], 0);
      await lives.listened(20 * SECOND);
      clock.set(start + 86_400 * SECOND - 1);
      expect((await module.get(Sweeper).sweep()).changed).toBe(0);
      expect((await lives.stored([id])).get(id)?.state).toBe('online');
    });

    it('devices of one door are left alone while somebody listens at the other one only', async () => {
      const [byMqtt, byHttp] = (await devices(2)) as [string, string];
      const code = `http-${made}`;
      const now = db.dialect.instant(start);
      await db.transactions.query(
        `insert into protocols (id, code, name, transport, settings, created_at, updated_at)
         values (?, ?, ?, 'http', '{}', ?, ?)`,
        [newId(), code, code, now, now],
      );
      await db.transactions.query(`update devices set protocol_code = ? where id = ?`, [code, byHttp]);
      const http = new Lives(db, module, clock, home, start);
      await lives.listened(0);
      await http.listened(0, { anew: -60 * SECOND, door: 'http' });
      await lives.sign([byMqtt, byHttp], 0);
      // The broker is gone after 20 s.
      await lives.listened(20 * SECOND);
      // What other tests left is over.
      await module.get(Sweeper).sweep();
      await http.listened(200 * SECOND, { door: 'http' });
      expect(await module.get(Sweeper).sweep()).toEqual({ looked: 1, changed: 1 });
      expect(await lives.alerting()).toEqual([byHttp]);
      expect((await lives.stored([byMqtt])).get(byMqtt)).toMatchObject({ state: 'online', due: 90_001 });
    });
  });

  it('a message and a sweep at the same moment end right, 10,000 times', async () => {
    const [rounds, count] = [20, 500];
    const ids = await devices(count);
    const talking = ids.filter((_, i) => i % 2 === 0);
    const silent = ids.filter((_, i) => i % 2 === 1).sort();
    const { presence, sweeper } = { presence: module.get(PresenceService), sweeper: module.get(Sweeper) };
    let alertsOfSilent = 0;
    for (let round = 0; round < rounds; round++) {
      const base = round * 1_000 * SECOND;
      await lives.listened(base);
      await lives.sign(ids, base);
      await lives.listened(base + 180_500 + SETTLE_MS);
      // All are due; half of them speak now, in many transactions, while three sweeps look for them.
      const messages = chunks(shuffled(talking, round), 10).map((some) =>
        presence.record(some.map((deviceId) => ({ deviceId, at: start + base + 181 * SECOND }))),
      );
      const sweeps = [0, 1, 2].map(() => sweeper.sweep());
      await Promise.all(round % 2 ? [...messages, ...sweeps] : [...sweeps, ...messages]);
      // What was locked by a message at that moment was left to it.
      await sweeper.sweep();
      const stored = await lives.stored(ids);
      const history = await lives.history(base);
      const at = (offset: number) => (base + offset) / SECOND;
      for (const id of talking) {
        expect(stored.get(id)).toMatchObject({ state: 'online', since: base + 181_000, due: base + 271_001 });
        expect(history.get(id)).toEqual([`late ${at(90_001)}`, `offline ${at(180_001)}`, `online ${at(181_000)}`]);
      }
      for (const id of silent) {
        expect(stored.get(id)).toMatchObject({ state: 'offline', since: base + 180_001, due: null });
        expect(history.get(id)).toEqual([`late ${at(90_001)}`, `offline ${at(180_001)}`]);
      }
      expect(await lives.alerting()).toEqual(silent);
      alertsOfSilent += silent.length;
    }
    expect(await lives.alertsEver()).toBeGreaterThanOrEqual(alertsOfSilent);
  }, 180_000);
});

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** The same disorder for the same seed. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const order = items.map((item, i) => ({
    item,
    key: (Math.imul(i + 1, 2_654_435_761) ^ Math.imul(seed + 1, 40_503)) >>> 0,
  }));
  return order.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
