import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AlertDetailResponse } from '../../src/alerts/alert.schemas.js';
import type { RuleResponse } from '../../src/rules/rule.schemas.js';
import { ControlRoom, type HttpDevice } from '../support/control-room.js';
import { describeBothDatabases } from '../support/databases.js';

const LEVEL = 'water_level_cm';
const START = Date.UTC(2026, 2, 1);
const RULE = {
  name: 'River high',
  kind: 'threshold',
  scope: { sensorTypeCode: LEVEL },
  operator: '>',
  value: 350,
  severity: 'HIGH',
  deadband: 5,
};

describeBothDatabases((db) => {
  let room: ControlRoom;
  let device: HttpDevice;

  beforeAll(async () => {
    room = await ControlRoom.start(db);
    device = await room.register('admin', [LEVEL]);
  });
  afterAll(() => room.close());

  let minute = 0;
  const level = (value: number) => {
    minute++;
    return device.send({ timestamp: START + minute * 60_000, values: { [LEVEL]: value } });
  };
  const openAlerts = async () =>
    (await room.call<AlertDetailResponse[]>('operator', 'GET', '/alerts?status=ACTIVE,ACKNOWLEDGED')).data;
  const create = (as: string | null, body: unknown = RULE) => room.call<RuleResponse>(as, 'POST', '/alert-rules', body);

  it('takes a rule from its making to its end', async () => {
    const created = await create('admin');
    expect(created).toMatchObject({
      status: 201,
      data: { ...RULE, municipalityId: room.home, onDelaySeconds: 0, offDelaySeconds: 0, enabled: true },
      meta: { requestId: expect.any(String) },
    });
    const path = `/alert-rules/${created.data.id}`;
    expect((await room.call('analyst', 'GET', path)).data).toEqual(created.data);
    const listed = await room.call<RuleResponse[]>('analyst', 'GET', '/alert-rules?enabled=true&limit=1');
    expect(listed).toMatchObject({ status: 200, data: [created.data], meta: { page: { limit: 1, nextCursor: null } } });
    const patched = await room.call('admin', 'PATCH', path, { value: 380, severity: 'CRITICAL' });
    expect(patched).toMatchObject({ status: 200, data: { ...RULE, value: 380, severity: 'CRITICAL' } });
    expect(await room.call('admin', 'DELETE', path)).toMatchObject({ status: 204 });
    expect(await room.call('admin', 'GET', path)).toMatchObject({ status: 404, code: 'ALERT_RULE_NOT_FOUND' });
  });

  it('names what is wrong with a rule', async () => {
    const refused: [object, string][] = [
      [{ ...RULE, operator: '=' }, 'operator'],
      [{ ...RULE, value: '350' }, 'value'],
      [{ ...RULE, name: '' }, 'name'],
      [{ ...RULE, severity: 'high' }, 'severity'],
      [{ ...RULE, onDelaySeconds: -1 }, 'onDelaySeconds'],
      [{ ...RULE, scope: {} }, 'scope'],
      [{ ...RULE, scope: { zoneId: room.home } }, 'scope'],
      [{ ...RULE, scope: { sensorTypeCode: 'salinity' } }, 'scope.sensorTypeCode'],
      [{ ...RULE, scope: { sensorId: room.home } }, 'scope.sensorId'],
      [{ ...RULE, scope: { municipalityId: room.other } }, 'scope.municipalityId'],
      [{ ...RULE, kind: 'range', min: 6, max: 1 }, 'operator'],
      [{ ...RULE, kind: 'rain' }, 'kind'],
    ];
    for (const [body, path] of refused) {
      const answer = await create('admin', body);
      expect(answer).toMatchObject({ status: 422, type: expect.stringContaining('application/problem+json') });
      expect(answer.errors.map((error) => error.path)).toContain(path);
    }
    expect(await create('admin', { ...RULE, municipalityId: null })).toMatchObject({
      status: 403,
      code: 'NATIONAL_RULE',
    });
    expect(await create('admin', { ...RULE, municipalityId: room.other })).toMatchObject({ status: 404 });
  });

  it('lets nobody change rules who may not', async () => {
    const { data: mine } = await create('admin');
    const { data: national } = await create('root');
    expect(national.municipalityId).toBeNull();
    for (const [as, status] of [
      [null, 401],
      ['operator', 403],
      ['analyst', 403],
    ] as const) {
      expect(await create(as)).toMatchObject({ status });
      expect(await room.call(as, 'PATCH', `/alert-rules/${mine.id}`, { value: 1 })).toMatchObject({ status });
      expect(await room.call(as, 'DELETE', `/alert-rules/${mine.id}`)).toMatchObject({ status });
    }
    expect(await room.call('stranger', 'GET', `/alert-rules/${mine.id}`)).toMatchObject({ status: 404 });
    expect(await room.call('stranger', 'DELETE', `/alert-rules/${mine.id}`)).toMatchObject({ status: 404 });
    expect(await room.call('stranger', 'GET', `/alert-rules/${national.id}`)).toMatchObject({ status: 200 });
    expect(await room.call('stranger', 'PATCH', `/alert-rules/${national.id}`, { value: 1 })).toMatchObject({
      status: 403,
    });
    for (const id of [mine.id, national.id]) {
      expect(await room.call('root', 'DELETE', `/alert-rules/${id}`)).toMatchObject({ status: 204 });
    }
    expect(await room.call('admin', 'PATCH', '/alert-rules/42', {})).toMatchObject({ status: 422 });
  });

  it('takes an alert from the breach to the person who closes it', async () => {
    const { data: rule } = await create('admin');
    await level(300);
    await level(360);
    await level(365);
    const [alert] = await openAlerts();
    expect(alert).toMatchObject({
      ruleId: rule.id,
      deviceId: device.id,
      sensorId: device.sensorIds.get(LEVEL),
      municipalityId: room.home,
      title: 'River high',
      metric: LEVEL,
      severity: 'HIGH',
      status: 'ACTIVE',
      occurrences: 2,
      openingValue: 360,
      lastValue: 365,
    });
    const path = `/alerts/${alert!.id}`;
    const act = (as: string | null, what: string, body?: unknown) =>
      room.call<AlertDetailResponse>(as, 'POST', `${path}/${what}`, body);
    expect(await act(null, 'acknowledge')).toMatchObject({ status: 401 });
    expect(await act('analyst', 'acknowledge')).toMatchObject({ status: 403 });
    expect(await act('stranger', 'acknowledge')).toMatchObject({ status: 404, code: 'ALERT_NOT_FOUND' });
    expect(await act('operator', 'acknowledge', { comment: 'a\0b' })).toMatchObject({ status: 422 });
    const acknowledged = await act('operator', 'acknowledge', { comment: 'Crew is on its way.\nTwo people.' });
    expect(acknowledged).toMatchObject({ status: 200, data: { status: 'ACKNOWLEDGED' } });
    expect(acknowledged.data.notes).toMatchObject([{ comment: 'Crew is on its way.\nTwo people.' }]);
    expect(await act('operator', 'acknowledge')).toMatchObject({ status: 409, code: 'ALERT_ALREADY_ACKNOWLEDGED' });
    const resolved = await act('operator', 'resolve');
    expect(resolved).toMatchObject({ status: 200, data: { status: 'RESOLVED', notes: [{}, { comment: null }] } });
    expect(resolved.data.resolvedBy).toBe(resolved.data.acknowledgedBy);
    expect(await act('operator', 'resolve')).toMatchObject({ status: 409, code: 'ALERT_ALREADY_RESOLVED' });
    expect(await act('operator', 'acknowledge')).toMatchObject({ status: 409, code: 'ALERT_NOT_ACTIVE' });
    expect((await room.call('analyst', 'GET', path)).data).toEqual(resolved.data);
    expect(await room.call('stranger', 'GET', path)).toMatchObject({ status: 404 });
    expect(await openAlerts()).toEqual([]);
    await level(370);
    expect(await openAlerts()).toMatchObject([{ openingValue: 370, status: 'ACTIVE' }]);
    await room.call('admin', 'PATCH', `/alert-rules/${rule.id}`, { enabled: false });
    expect(await openAlerts()).toEqual([]);
  });

  it('lists alerts by what is asked for, and says what cannot be asked', async () => {
    const list = (as: string, query: string) => room.call<AlertDetailResponse[]>(as, 'GET', `/alerts?${query}`);
    const all = await list('operator', 'status=RESOLVED');
    expect(all.data.length).toBeGreaterThanOrEqual(2);
    const first = await list('operator', 'status=RESOLVED&limit=1');
    const second = await list('operator', `status=RESOLVED&limit=1&cursor=${first.meta.page?.nextCursor}`);
    expect([...first.data, ...second.data]).toEqual(all.data.slice(0, 2));
    expect((await list('stranger', '')).data).toEqual([]);
    expect((await list('root', `municipalityId=${room.home}&deviceId=${device.id}`)).data).toEqual(all.data);
    for (const query of ['status=OPEN', 'severity=high', 'sensorId=1', 'from=yesterday', 'limit=0', 'limit=501']) {
      const { status, errors } = await list('operator', query);
      expect([status, errors[0]?.path.split('.')[0]]).toEqual([422, query.split('=')[0]]);
    }
    const backwards = 'from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z';
    expect(await list('operator', backwards)).toMatchObject({ status: 422, errors: [{ path: 'to' }] });
    expect(await list('operator', 'cursor=abc')).toMatchObject({ status: 400, code: 'CURSOR_INVALID' });
  });
});
