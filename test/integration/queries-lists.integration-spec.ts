import { SystemClock } from '../../src/common/clock.js';
import { beforeAll, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { sqlClientOf } from '../../src/database/sql.js';
import { Municipality } from '../../src/municipalities/municipality.entity.js';
import { LatestQueryService } from '../../src/readings/query/latest-query.service.js';
import { toLatestResponse } from '../../src/readings/query/reading-query.mapper.js';
import { latestQuerySchema, rejectedQuerySchema } from '../../src/readings/query/reading-query.schemas.js';
import { RejectedQueryService } from '../../src/readings/query/rejected-query.service.js';
import { RejectedReading } from '../../src/readings/rejected-reading.entity.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant } from '../support/devices-module.js';
import { makeDevice, makeSensorTypes } from '../support/judging.js';

const LEVEL = 'level_cm';
const RAIN = 'rain_mm';
const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 20, 12);

describeEachDatabase((db) => {
  beforeAll(() => makeSensorTypes(db, [LEVEL, RAIN]));

  async function makeMunicipality(): Promise<string> {
    const em = db.orm.em.fork();
    const municipality = em.create(Municipality, { code: newId(), name: 'Flussdorf' });
    await em.flush();
    return municipality.id;
  }

  it('tells the newest readings of all sensors in one call, and filters', async () => {
    const own = await makeMunicipality();
    const other = await makeMunicipality();
    const device = await makeDevice(db, own, [LEVEL, RAIN]);
    const silent = await makeDevice(db, own, [LEVEL]);
    const foreign = await makeDevice(db, other, [LEVEL]);
    const client = sqlClientOf(db.orm.em.fork());
    const heard = [device.sensors.get(LEVEL)!, device.sensors.get(RAIN)!, foreign.sensors.get(LEVEL)!];
    for (const { seriesId } of heard) {
      const columns = { seriesIds: [seriesId], values: [1.25], qualities: [0], risks: [1] };
      await db.dialect.advanceLatest(client, { ...columns, instants: [NOW - MINUTE] });
    }
    const ask = async (scope: string[] | 'all', given: object) => {
      const parsed = latestQuerySchema.parse(given);
      return (
        await asTenant(scope, () => new LatestQueryService(db.transactions, db.dialect, new SystemClock()).page(parsed))
      ).map(toLatestResponse);
    };
    const mine = await ask([own], {});
    expect(mine.items).toHaveLength(2);
    expect(mine.items.find(({ metric }) => metric === LEVEL)).toEqual({
      sensorId: device.sensors.get(LEVEL)!.id,
      deviceId: device.id,
      metric: LEVEL,
      instant: '2026-11-20T11:59:00.000Z',
      value: 1.25,
      quality: 'good',
      riskLevel: 'MEDIUM',
    });
    const count = async (scope: string[] | 'all', given: object) => (await ask(scope, given)).items.length;
    expect(await count([own], { sensorType: RAIN })).toBe(1);
    expect(await count([own], { sensorType: 'salinity' })).toBe(0);
    expect(await count([own], { deviceId: device.id })).toBe(2);
    expect(await count([own], { deviceId: silent.id })).toBe(0);
    expect(await count([own], { deviceId: foreign.id })).toBe(0);
    expect(await count([own], { municipalityId: other })).toBe(0);
    expect(await count('all', { municipalityId: other })).toBe(1);
    const first = await ask([own], { limit: '1' });
    const second = await ask([own], { limit: '1', cursor: first.nextCursor });
    expect([...first.items, ...second.items]).toEqual(mine.items);
    expect(second.nextCursor).toBeNull();
  });

  it('shows what was rejected, the newest first, to those whose device it was', async () => {
    const [own, other] = [await makeMunicipality(), await makeMunicipality()];
    const em = db.orm.em.fork();
    const reject = (municipalityId: string | null, code: 'UNKNOWN_METRIC' | 'INVALID_VALUE', minute: number) =>
      em.create(RejectedReading, {
        municipalityId,
        deviceId: 'gauge-1',
        source: 'mqtt',
        code,
        reason: 'why',
        receivedAt: new Date(NOW + minute * MINUTE),
      });
    reject(own, 'UNKNOWN_METRIC', 0);
    reject(own, 'INVALID_VALUE', 1);
    reject(other, 'INVALID_VALUE', 2);
    reject(null, 'INVALID_VALUE', 3);
    await em.flush();
    const ask = async (scope: string[] | 'all', given: object) => {
      const parsed = rejectedQuerySchema.parse(given);
      return asTenant(scope, () => new RejectedQueryService(db.orm.em).page(parsed));
    };
    const codes = async (scope: string[] | 'all', given: object) =>
      (await ask(scope, given)).items.map(({ code }) => code);
    expect(await codes([own], {})).toEqual(['INVALID_VALUE', 'UNKNOWN_METRIC']);
    expect(await codes('all', { deviceId: 'gauge-1' })).toHaveLength(4);
    expect(await codes([own], { code: 'UNKNOWN_METRIC', deviceId: 'gauge-1' })).toHaveLength(1);
    expect(await codes([own], { deviceId: 'gauge-2' })).toHaveLength(0);
    expect(await codes([own], { municipalityId: other })).toHaveLength(0);
    expect(await codes([own], { from: new Date(NOW + MINUTE).toISOString() })).toEqual(['INVALID_VALUE']);
    expect(await codes([own], { to: new Date(NOW + MINUTE).toISOString() })).toEqual(['UNKNOWN_METRIC']);
    const first = await ask([own], { limit: '1' });
    const second = await ask([own], { limit: '1', cursor: first.nextCursor });
    expect(second.items.map(({ code }) => code)).toEqual(['UNKNOWN_METRIC']);
  });
});
