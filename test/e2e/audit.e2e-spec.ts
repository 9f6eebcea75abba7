import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Sealer } from '../../src/audit/sealer.js';
import { ExportVerifier } from '../../src/audit/export/export-verifier.js';
import type { AuditRecordResponse, UserActivityResponse } from '../../src/audit/query/audit.schemas.js';
import { ControlRoom, type HttpDevice } from '../support/control-room.js';
import { openAuditLog } from '../support/audit-log.js';
import { describeBothDatabases } from '../support/databases.js';
import { until } from '../support/live-log.js';

describeBothDatabases((db) => {
  let room: ControlRoom;
  let device: HttpDevice;
  let foreign: HttpDevice;
  let sealer: Sealer;
  let closeSealer: () => Promise<void>;

  beforeAll(async () => {
    room = await ControlRoom.start(db);
    device = await room.register('admin', ['water_level_cm']);
    foreign = await room.register('stranger', ['water_level_cm']);
    const audit = await openAuditLog(db);
    ({ sealer, close: closeSealer } = audit);
    await room.call('admin', 'PATCH', `/devices/${device.id}`, { name: 'Weir' });
    await room.call('admin', 'PATCH', `/devices/${device.id}`, { name: 'Bridge' });
    await room.call('stranger', 'PATCH', `/devices/${foreign.id}`, { name: '=cmd|calc' });
    await sealer.seal();
  });
  afterAll(async () => {
    await closeSealer?.();
    await room?.close();
  });

  const list = (as: string, query = '') => room.call<AuditRecordResponse[]>(as, 'GET', `/audit-logs?${query}`);
  const of = (id: string): string => `recordType=device&recordId=${id}`;

  it('tells who changed what, from where and in which request', async () => {
    const { data } = await list('admin', of(device.id));
    expect(data.map(({ action }) => action)).toEqual(['device.updated', 'device.updated', 'device.created']);
    const [last] = data;
    expect(last).toMatchObject({
      municipalityId: room.home,
      actor: { kind: 'user', label: 'admin@example.org' },
      address: '127.0.0.1',
      operation: 'PATCH /api/v1/devices/:deviceId',
      outcome: 'success',
      record: { type: 'device', id: device.id, label: 'Bridge' },
      changes: { before: { name: 'Weir' }, after: { name: 'Bridge' } },
      seal: { hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect((await room.call('admin', 'GET', `/audit-logs/${last!.id}`)).data).toEqual(last);
    expect((await list('admin', `requestId=${last!.requestId}`)).data).toEqual([last]);
    expect((await list('admin', `actorId=${last!.actor.id}&action=device.updated&limit=1`)).data).toEqual([last]);
    expect((await list('admin', `${of(device.id)}&to=${last!.occurredAt}`)).data).not.toContainEqual(last);
    expect((await list('admin', `${of(device.id)}&outcome=refused`)).data).toEqual([]);
  });

  it('comes page by page', async () => {
    const all = (await list('admin', 'limit=500')).data;
    const seen: AuditRecordResponse[] = [];
    let cursor = '';
    do {
      const { data, meta } = await list('admin', `limit=2${cursor}`);
      seen.push(...data);
      cursor = meta.page?.nextCursor ? `&cursor=${meta.page.nextCursor}` : '';
    } while (cursor !== '');
    expect(seen).toEqual(all);
    expect(all.map(({ occurredAt }) => occurredAt)).toEqual(
      all
        .map(({ occurredAt }) => occurredAt)
        .sort()
        .reverse(),
    );
  });

  it('shows a municipality its own log, and nobody else', async () => {
    const [mine] = (await list('admin', of(device.id))).data;
    expect(await room.call('stranger', 'GET', `/audit-logs/${mine!.id}`)).toMatchObject({
      status: 404,
      code: 'AUDIT_RECORD_NOT_FOUND',
    });
    for (const query of [of(device.id), `municipalityId=${room.home}`, `actorId=${mine!.actor.id}`]) {
      expect(await list('stranger', query)).toMatchObject({ status: 200, data: [] });
    }
    const everything = (await list('root', 'limit=500')).data;
    expect(new Set(everything.map(({ municipalityId }) => municipalityId))).toContain(room.other);
    expect((await list('admin', 'limit=500')).data.every(({ municipalityId }) => municipalityId === room.home)).toBe(
      true,
    );
    for (const [as, status] of [
      [null, 401],
      ['operator', 403],
    ] as const) {
      for (const path of ['', `/${mine!.id}`, '/anchors', '/export?format=csv', `/reports/record-history?${of('x')}`]) {
        expect(await room.call(as, 'GET', `/audit-logs${path}`)).toMatchObject({ status });
      }
    }
  });

  it('notes what people were refused', async () => {
    await room.call('analyst', 'POST', '/alert-rules', {});
    const refused = async (): Promise<AuditRecordResponse | undefined> =>
      (await list('admin', 'action=access.refused&limit=500')).data.find(
        ({ actor, operation }) => actor.label === 'analyst@example.org' && operation === 'POST /api/v1/alert-rules',
      );
    await until(async () => (await refused()) !== undefined);
    expect(await refused()).toMatchObject({
      outcome: 'refused',
      municipalityId: room.home,
      changes: { after: { code: 'FORBIDDEN', permission: 'rule:write' } },
    });
    // What a handler refuses is noted as well.
    await room.call('admin', 'POST', '/alert-rules', {
      ...{ name: 'x', kind: 'threshold', scope: { sensorTypeCode: 'water_level_cm' }, municipalityId: null },
      ...{ operator: '>', value: 1, severity: 'HIGH' },
    });
    await until(async () =>
      (await list('admin', 'outcome=refused&limit=500')).data.some(
        ({ changes }) => (changes?.after as { code?: string }).code === 'NATIONAL_RULE',
      ),
    );
  });

  it('does not grow with somebody who asks in a loop', async () => {
    for (let n = 0; n < 60; n++) await room.call('operator', 'GET', '/audit-logs');
    const operator = async (): Promise<number> =>
      (await list('admin', 'action=access.refused&limit=500')).data.filter(
        ({ actor }) => actor.label === 'operator@example.org',
      ).length;
    await until(async () => (await operator()) >= 20);
    expect(await operator()).toBeLessThanOrEqual(40);
  });

  it('reports what a person did, and what was done to a record', async () => {
    const [mine] = (await list('admin', of(device.id))).data;
    const report = await room.call<UserActivityResponse>(
      'admin',
      'GET',
      `/audit-logs/reports/user-activity?userId=${mine!.actor.id}`,
    );
    expect(report).toMatchObject({ status: 200, data: { userId: mine!.actor.id } });
    expect(report.data.actions).toContainEqual(
      expect.objectContaining({ action: 'device.updated', outcome: 'success', count: 2 }),
    );
    expect(report.data.addresses).toMatchObject([{ address: '127.0.0.1' }]);
    expect(report.data.latest.length).toBe(Math.min(report.data.total, 50));
    const elsewhere = await room.call<UserActivityResponse>(
      'stranger',
      'GET',
      `/audit-logs/reports/user-activity?userId=${mine!.actor.id}`,
    );
    expect(elsewhere.data).toMatchObject({ total: 0, actions: [], addresses: [], latest: [] });
    const history = await room.call<AuditRecordResponse[]>(
      'admin',
      'GET',
      `/audit-logs/reports/record-history?${of(device.id)}`,
    );
    expect(history.data.map(({ action }) => action)).toEqual(['device.created', 'device.updated', 'device.updated']);
    expect(await room.call('admin', 'GET', '/audit-logs/reports/record-history')).toMatchObject({ status: 422 });
  });

  it('exports what can be verified off line, and CSV that calculates nothing', async () => {
    const lines = async function* (text: string) {
      for (const line of text.trimEnd().split('\n')) yield line;
    };
    const file = await room.file('stranger', '/audit-logs/export?format=ndjson');
    expect(file).toMatchObject({ status: 200, type: 'application/x-ndjson' });
    expect(file.text).toContain(foreign.id);
    expect(file.text).not.toContain(room.home);
    const report = await new ExportVerifier().verify(lines(file.text));
    expect(report.findings).toEqual([]);
    expect(report.chains).toMatchObject([{ chain: room.other }]);
    const csv = await room.file('stranger', `/audit-logs/export?format=csv&municipalityId=${room.other}`);
    expect(csv.type).toContain('text/csv');
    expect(csv.text).toContain("'=cmd|calc");
    const other = await room.file('stranger', `/audit-logs/export?format=csv&municipalityId=${room.home}`);
    expect(other.text.trimEnd().split('\r\n')).toHaveLength(1);
    await sealer.seal();
    const told = (await list('stranger', 'action=audit_log.exported')).data;
    expect(told.map(({ changes }) => changes)).toEqual([{ after: { format: 'csv' } }, { after: { format: 'ndjson' } }]);
    expect(await room.call('admin', 'GET', '/audit-logs/export?format=xml')).toMatchObject({ status: 422 });
  });

  it('answers where the chains were signed', async () => {
    expect(await room.call('admin', 'GET', '/audit-logs/anchors')).toMatchObject({ status: 200, data: [] });
    for (const query of ['from=yesterday', 'action=x', 'outcome=good', 'more=1', 'actorId=', 'cursor=abc']) {
      expect((await list('admin', query)).status).toBe(query === 'cursor=abc' ? 400 : 422);
    }
  });
});
