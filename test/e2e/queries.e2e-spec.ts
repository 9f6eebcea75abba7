import { afterAll, beforeAll, expect, it } from 'vitest';
import type {
  AggregateResponse,
  LatestReadingResponse,
  ReadingResponse,
  RejectedReadingResponse,
} from '../../src/readings/query/reading-query.schemas.js';
import { ControlRoom, type HttpDevice } from '../support/control-room.js';
import { describeBothDatabases } from '../support/databases.js';

const LEVEL = 'water_level_cm';
const RAIN = 'rainfall_mm';
const RANGE = 'from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z';

describeBothDatabases((db) => {
  let room: ControlRoom;
  let device: HttpDevice;
  let foreign: HttpDevice;
  const level = (minute: number, value: unknown, quality?: string) => ({
    timestamp: `2026-03-01T06:${String(minute).padStart(2, '0')}:00Z`,
    values: { [LEVEL]: value },
    ...(quality ? { quality } : {}),
  });

  beforeAll(async () => {
    room = await ControlRoom.start(db);
    device = await room.register('admin', [LEVEL, RAIN]);
    foreign = await room.register('stranger', [LEVEL]);
    await device.send([level(0, 10), level(15, 20.5), level(30, 30), level(45, 99, 'bad'), level(50, 'wet')]);
    await foreign.send(level(0, 1));
  });
  afterAll(() => room.close());

  const readings = <Item = ReadingResponse>(as: string | null, query: string, from = device) =>
    room.call<Item[]>(as, 'GET', `/sensors/${from.sensorIds.get(LEVEL)}/readings?${query}`);

  it('answers the readings of a sensor, page by page', async () => {
    const first = await readings('analyst', `${RANGE}&limit=3`);
    expect(first).toMatchObject({ status: 200, meta: { page: { limit: 3, nextCursor: expect.any(String) } } });
    expect(first.data.at(1)).toEqual({
      instant: '2026-03-01T06:15:00.000Z',
      value: 20.5,
      quality: 'good',
      riskLevel: 'LOW',
    });
    const second = await readings('analyst', `${RANGE}&limit=3&cursor=${first.meta.page?.nextCursor}`);
    expect(second.data.map(({ quality }) => quality)).toEqual(['bad']);
    expect(second.meta.page?.nextCursor).toBeNull();
    expect((await readings('analyst', `${RANGE}&quality=good&order=desc`)).data.map(({ value }) => value)).toEqual([
      30, 20.5, 10,
    ]);
    expect((await readings('analyst', '')).data).toEqual([]);
  });

  it('answers aggregates without bad readings', async () => {
    for (const [resolution, start] of [
      ['hour', '2026-03-01T06:00:00.000Z'],
      ['day', '2026-03-01T00:00:00.000Z'],
      ['month', '2026-03-01T00:00:00.000Z'],
    ]) {
      const { data } = await readings<AggregateResponse>('operator', `${RANGE}&resolution=${resolution}`);
      expect(data).toEqual([{ start, min: 10, max: 30, avg: 60.5 / 3, sum: 60.5, count: 3 }]);
    }
    expect((await readings<AggregateResponse>('operator', `${RANGE}&resolution=minute`)).data).toHaveLength(3);
  });

  it('answers the newest readings and what was rejected', async () => {
    const latest = await room.call<LatestReadingResponse[]>('operator', 'GET', '/readings/latest');
    const sensorId = device.sensorIds.get(LEVEL);
    const newest = { instant: '2026-03-01T06:45:00.000Z', value: 99, quality: 'bad', riskLevel: 'LOW' };
    expect(latest.data).toEqual([{ sensorId, deviceId: device.id, metric: LEVEL, ...newest }]);
    expect(
      (await room.call<unknown[]>('root', 'GET', `/readings/latest?sensorType=${LEVEL}&limit=5000`)).data,
    ).toHaveLength(2);
    const rejected = await room.call<RejectedReadingResponse[]>(
      'operator',
      'GET',
      '/readings/rejected?code=INVALID_VALUE',
    );
    expect(rejected.data).toMatchObject([
      {
        deviceId: device.id,
        municipalityId: room.home,
        source: 'http',
        index: 4,
        metric: LEVEL,
        code: 'INVALID_VALUE',
      },
    ]);
    expect((await room.call('stranger', 'GET', `/readings/rejected?deviceId=${device.id}`)).data).toEqual([]);
  });

  it('shows nothing to strangers', async () => {
    expect(await readings(null, RANGE)).toMatchObject({ status: 401 });
    expect(await readings('stranger', RANGE)).toMatchObject({ status: 404, code: 'SENSOR_NOT_FOUND' });
    expect(await readings('analyst', RANGE, foreign)).toMatchObject({ status: 404 });
    expect(await room.call(null, 'GET', '/readings/latest')).toMatchObject({ status: 401 });
    expect(await room.call(null, 'GET', '/readings/rejected')).toMatchObject({ status: 401 });
  });

  it('says what cannot be asked', async () => {
    const refused = [
      'resolution=year',
      'order=up',
      'quality=fine',
      'limit=5001',
      'from=2026-03-01T00:00:00',
      'to=2026-02-30T00:00:00Z',
    ];
    for (const query of refused) {
      const { status, errors } = await readings('analyst', query);
      expect([status, errors[0]?.path.split('.')[0]]).toEqual([422, query.split('=')[0]]);
    }
    expect(await readings('analyst', 'from=2026-03-02T00:00:00Z&to=2026-03-02T00:00:00Z')).toMatchObject({
      status: 422,
    });
    expect(await readings('analyst', 'resolution=day&quality=bad')).toMatchObject({ errors: [{ path: 'quality' }] });
    expect(await readings('analyst', 'cursor=WzFd')).toMatchObject({ status: 400, code: 'CURSOR_INVALID' });
    expect(await room.call('analyst', 'GET', '/sensors/17/readings')).toMatchObject({ status: 422 });
    expect(await room.call('analyst', 'GET', '/readings/rejected?code=BAD')).toMatchObject({ status: 422 });
  });
});
