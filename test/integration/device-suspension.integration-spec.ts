import type { TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Sweeper } from '../../src/devices/heartbeat/sweep/sweeper.js';
import { MunicipalityService } from '../../src/municipalities/municipality.service.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant, createDevicesModule, createMunicipality } from '../support/devices-module.js';
import { Lives, StandingClock } from '../support/lives.js';

const T0 = Date.UTC(2026, 2, 1, 12);
const SECOND = 1_000;
const STORY = ['online 190', 'deactivated 210', 'late 3710', 'online 3800'];

describeEachDatabase((db) => {
  const clock = new StandingClock(T0);
  let module: TestingModule;
  let home: string;
  let lives: Lives;
  let made = 0;

  beforeAll(async () => {
    module = await createDevicesModule(db, { clock });
  });
  afterAll(() => module.close());
  beforeEach(async () => {
    clock.set(T0);
    await db.transactions.query(`delete from listening_spans`);
    home = await createMunicipality(module);
    lives = new Lives(db, module, clock, home, T0);
  });

  async function devices(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, (_, i) => `suspended-${++made}-${i}`);
    await lives.register(ids);
    return ids;
  }

  const become = (status: 'active' | 'suspended') =>
    asTenant([home], () => module.get(MunicipalityService).update(home, { status }));

  async function states(ids: readonly string[]): Promise<(string | undefined)[]> {
    const stored = await lives.stored(ids);
    return ids.map((id) => stored.get(id)?.state);
  }

  it('suspension takes devices out of service, and nobody is reported falsely when it ends', async () => {
    const [offline, online, unheard] = (await devices(3)) as [string, string, string];
    await lives.listened(0);
    await lives.sign([offline], 0);
    await lives.sweep(181 * SECOND);
    await lives.sign([online], 190 * SECOND);
    expect(await lives.alerting()).toEqual([offline]);
    await lives.listened(200 * SECOND);
    await become('suspended');
    await lives.sweep(210 * SECOND);
    expect(await states([offline, online, unheard])).toEqual(['deactivated', 'deactivated', undefined]);
    expect(await lives.alerting()).toEqual([]);
    await lives.sweep(3_600 * SECOND);
    expect(await states([offline, online])).toEqual(['deactivated', 'deactivated']);

    await lives.listened(3_700 * SECOND);
    await become('active');
    await lives.sweep(3_710 * SECOND);
    const stored = await lives.stored([offline, online]);
    for (const life of stored.values()) expect(life).toMatchObject({ state: 'late', reason: 'AWAITED' });
    expect(await lives.alerting()).toEqual([]);
    // One speaks again; the other one never does, and is reported after three intervals.
    await lives.sign([online], 3_800 * SECOND);
    await lives.sweep(3_889 * SECOND);
    expect(await lives.alerting()).toEqual([]);
    await lives.sweep(3_891 * SECOND);
    expect(await lives.alerting()).toEqual([offline]);
    expect((await lives.history(0)).get(online)?.slice(0, 4)).toEqual(STORY);
  });

  it('nobody is reported falsely when nobody swept meanwhile', async () => {
    const [id] = (await devices(1)) as [string];
    await lives.listened(0);
    await lives.sign([id], 0);
    await lives.listened(10 * SECOND);
    await become('suspended');
    await lives.listened(3_600 * SECOND);
    await become('active');
    await lives.sweep(3_610 * SECOND);
    expect(await lives.alerting()).toEqual([]);
    await lives.sweep(3_779 * SECOND);
    expect(await lives.alerting()).toEqual([]);
    await lives.sweep(3_781 * SECOND);
    expect(await lives.alerting()).toEqual([id]);
  });

  it('suspension and sweeps in the middle of messages end right', async () => {
    const ids = await devices(300);
    for (let round = 0; round < 5; round++) {
      const base = round * 1_000 * SECOND;
      await lives.listened(base);
      await lives.sign(ids, base);
      // All are late, and each message makes a change.
      await lives.sweep(base + 100 * SECOND);
      const messages = Array.from({ length: 10 }, (_, i) =>
        lives.sign(
          ids.filter((_id, n) => n % 10 === i),
          base + 101 * SECOND,
        ),
      );
      await Promise.all([
        ...messages.slice(0, 5),
        become('suspended'),
        module.get(Sweeper).sweep(),
        ...messages.slice(5),
      ]);
      await lives.sweep(base + 110 * SECOND);
      expect(new Set(await states(ids))).toEqual(new Set(['deactivated']));
      await become('active');
      await lives.sweep(base + 120 * SECOND);
      expect(new Set(await states(ids))).not.toContain('deactivated');
      expect(await lives.alerting()).toEqual([]);
    }
  });
});
