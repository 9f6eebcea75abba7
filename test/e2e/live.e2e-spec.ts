import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { RegistryVersion } from '../../src/database/registry-version.js';
import { describeBothDatabases } from '../support/databases.js';
import { LiveApp, type LiveClient, makeSensor } from '../support/live-app.js';
import { alertEvent, makeMunicipalities, readingsEvent, until } from '../support/live-log.js';

describeBothDatabases((db) => {
  let live: LiveApp;
  let own: string;
  let other: string;
  let client: LiveClient;

  beforeAll(async () => {
    live = await LiveApp.start(db);
    [own, other] = (await makeMunicipalities(db.transactions, 2)) as [string, string];
  });
  afterAll(() => live?.close());
  beforeEach(async () => {
    client = await live.connect(await live.token('operator', own));
  });

  describe('the door', () => {
    it('stays closed without a valid token', async () => {
      for (const token of [undefined, '', 7, {}, 'x.y.z', 'x'.repeat(10_000)]) {
        await expect(live.connect(token)).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } });
      }
    });

    it('stays closed to a token that has ended, and to a person who is not there any more', async () => {
      const ended = await live.token('operator', own, -1);
      await expect(live.connect(ended)).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } });
      const unknown = await live.tokenOf(newId(), 60);
      await expect(live.connect(unknown)).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } });
    });

    it('ends the connection when the token ends', async () => {
      const short = await live.connect(await live.token('operator', own, 3));
      expect(await short.subscribe(['alerts'])).toMatchObject({ ok: true });
      await until(() => short.disconnects.length > 0);
      expect(short.exceptions.map(({ error }) => error.code)).toEqual(['SESSION_ENDED']);
    });

    it('ends the connection of somebody who may not use the platform any more', async () => {
      const user = await live.makeUser('operator', own);
      const leaving = await live.connect(await live.tokenOf(user, 900));
      await live.transactions.query(`update users set status = 'disabled' where id = ?`, [user]);
      await live.transactions.run((tx) => live.running.app.get(RegistryVersion).bump(tx));
      await until(() => leaving.disconnects.length > 0);
      expect(leaving.exceptions.map(({ error }) => error.code)).toEqual(['SESSION_ENDED']);
      expect(client.disconnects).toEqual([]);
    });

    it('ends the connection of somebody who may not listen to it any more, though they may use the rest', async () => {
      const user = await live.makeUser('operator', own);
      await live.transactions.query(
        `insert into memberships (user_id, municipality_id, role_id, created_at)
         select ?, m.id, r.id, current_timestamp from municipalities m, roles r
         where m.id = ? and r.code = 'operator' and r.municipality_id is null`,
        [user, other],
      );
      const token = await live.tokenOf(user, 900);
      const [there, here] = [await live.connect(token), await live.connect(token)];
      expect(await there.subscribe(['alerts'], { municipalityId: other })).toMatchObject({ ok: true });
      expect(await here.subscribe(['alerts'], { municipalityId: own })).toMatchObject({ ok: true });
      await live.transactions.query('delete from memberships where user_id = ? and municipality_id = ?', [user, other]);
      await live.transactions.run((tx) => live.running.app.get(RegistryVersion).bump(tx));
      await until(() => there.disconnects.length > 0);
      expect(there.exceptions.map(({ error }) => error.code)).toEqual(['RIGHTS_CHANGED']);
      const again = await live.connect(token);
      expect(await again.subscribe(['alerts'], { municipalityId: other })).toMatchObject({ ok: false });
      expect(here.disconnects).toEqual([]);
    });

    it('lets in by long polling too', async () => {
      const page = await fetch(`${live.running.url}/ws/?EIO=4&transport=polling`);
      expect(page.status).toBe(200);
      const script = await fetch(`${live.running.url}/ws/socket.io.min.js`);
      expect(script.headers.get('content-type')).toMatch(/javascript/);
    });
  });

  it('brings its own page, which runs under a policy without anything inline', async () => {
    const page = await fetch(live.running.url);
    expect(page.headers.get('content-security-policy')).toMatch(/script-src 'self';/);
    const html = await page.text();
    expect(html).not.toMatch(/<style|<script(?![^>]* src=)|\son\w+=|\sstyle=/);
    const waiting = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(
      ([, path]) => new URL(path!, live.running.url).href,
    );
    const loaded = new Set<string>();
    for (let address = waiting.pop(); address !== undefined; address = waiting.pop()) {
      if (loaded.has(address)) continue;
      loaded.add(address);
      const answer = await fetch(address);
      expect([address, answer.status]).toEqual([address, 200]);
      expect(new URL(address).origin).toBe(live.running.url);
      if (!address.endsWith('.js')) continue;
      const script = await answer.text();
      for (const [, path] of script.matchAll(/^import .* from '(.+)';$/gm)) waiting.push(new URL(path!, address).href);
    }
    expect([...loaded].filter((address) => address.endsWith('.js')).length).toBeGreaterThan(7);
  });

  describe('subscribe', () => {
    it.each([
      ['VALIDATION_FAILED', {}],
      ['VALIDATION_FAILED', { topics: [] }],
      ['VALIDATION_FAILED', { topics: ['everything'] }],
      ['VALIDATION_FAILED', { topics: ['readings:'] }],
      ['VALIDATION_FAILED', { topics: ['readings:*'] }],
      ['VALIDATION_FAILED', { topics: 'alerts' }],
      ['VALIDATION_FAILED', { topics: ['alerts'], municipalityId: '../x' }],
      ['VALIDATION_FAILED', { topics: ['alerts'], cursor: 7 }],
      ['VALIDATION_FAILED', { topics: ['alerts'], cursor: 'x'.repeat(201) }],
      ['CURSOR_INVALID', { topics: ['alerts'], cursor: 'garbage' }],
      ['CURSOR_INVALID', { topics: ['alerts'], cursor: '%%%%' }],
      ['VALIDATION_FAILED', undefined],
      ['VALIDATION_FAILED', 'alerts'],
    ])('refuses message %# with %s', async (code, message) => {
      const answer = await client.socket.emitWithAck('subscribe', message);
      expect(answer).toMatchObject({ ok: false, error: { code, message: expect.any(String) } });
    });

    it('refuses what the caller may not see', async () => {
      const foreignSensor = await makeSensor(live.transactions, other);
      const code = async (topics: string[], municipalityId?: string): Promise<string | undefined> =>
        (await client.subscribe(topics, { municipalityId })).error?.code;
      expect(await code(['alerts'], other)).toBe('MUNICIPALITY_NOT_FOUND');
      expect(await code(['alerts'], newId())).toBe('MUNICIPALITY_NOT_FOUND');
      expect(await code([`readings:${foreignSensor}`])).toBe('SENSOR_NOT_FOUND');
      expect(await code([`readings:${newId()}`])).toBe('SENSOR_NOT_FOUND');
      const analyst = await live.connect(await live.token('analyst', own));
      expect((await analyst.subscribe(['readings', 'system'])).error?.code).toBe('FORBIDDEN');
      await live.append([
        alertEvent(other, 1),
        readingsEvent(other, [{ sensorId: foreignSensor, instant: 0, value: 1 }]),
      ]);
      expect(await client.subscribe(['alerts', 'readings'])).toMatchObject({ ok: true });
      await live.append([alertEvent(other, 2), alertEvent(own, 3)]);
      await until(() => client.events.length > 0);
      expect(client.data).toEqual([{ number: 3 }]);
    });

    it('wants a super admin to name the municipality', async () => {
      const national = await live.connect(await live.token('super_admin', null));
      expect((await national.subscribe(['alerts'])).error?.code).toBe('MUNICIPALITY_REQUIRED');
      expect((await national.subscribe(['alerts'], { municipalityId: newId() })).error?.code).toBe(
        'MUNICIPALITY_NOT_FOUND',
      );
      expect(await national.subscribe(['alerts'], { municipalityId: own })).toMatchObject({ ok: true });
      expect(await national.subscribe(['system'], { municipalityId: other })).toMatchObject({ topics: ['system'] });
      await live.append([
        alertEvent(own, 1),
        alertEvent(other, 2),
        { municipalityId: other, type: 'system', payload: '3' },
      ]);
      await until(() => national.events.length === 2);
      expect(national.events.map(({ municipalityId, data }) => [municipalityId, data]).sort()).toEqual(
        [
          [own, { number: 1 }],
          [other, 3],
        ].sort(),
      );
    });

    it('refuses a cursor of another municipality, and one that is ahead of the log', async () => {
      const national = await live.connect(await live.token('super_admin', null));
      const { cursor } = await national.subscribe(['alerts'], { municipalityId: other });
      expect((await client.subscribe(['alerts'], { cursor })).error?.code).toBe('CURSOR_INVALID');
      const ahead = Buffer.from(`${own.slice(-8)}.999999.0`).toString('base64url');
      expect((await client.subscribe(['alerts'], { cursor: ahead })).error?.code).toBe('CURSOR_EXPIRED');
    });

    it('answers a message without acknowledgement with an exception, and one too many with a refusal', async () => {
      client.socket.emit('subscribe', { topics: ['nothing'] });
      await until(() => client.exceptions.length > 0);
      expect(client.exceptions[0]).toMatchObject({ ok: false, error: { code: 'VALIDATION_FAILED' } });
      const answers = await Promise.all(Array.from({ length: 100 }, () => client.subscribe(['alerts'])));
      const codes = answers.map(({ error }) => error?.code);
      expect(codes).toContain(undefined);
      expect(codes.at(-1)).toBe('RATE_LIMITED');
    });

    it('disconnects whoever sends a message that is too large', async () => {
      client.socket.emit('subscribe', { topics: ['x'.repeat(200_000)] });
      await until(() => client.disconnects.length > 0);
    });
  });

  describe('events', () => {
    it('have the form of the contract', async () => {
      const sensorId = await makeSensor(live.transactions, own);
      const answer = await client.subscribe(['alerts', `readings:${sensorId}`, 'devices']);
      expect(answer).toEqual({
        ok: true,
        topics: ['alerts', 'devices', `readings:${sensorId}`],
        cursor: expect.stringMatching(/^[\w-]+$/),
      });
      await live.append([
        { municipalityId: own, type: 'device', payload: '{"deviceId":"d","status":"online"}' },
        {
          municipalityId: own,
          type: 'readings',
          payload: JSON.stringify([[sensorId, 'dev-9', 'water_level_cm', 1_700_000_000_123, 45.5, 1, 3]]),
        },
      ]);
      await until(() => client.events.length === 2);
      const envelope = {
        cursor: expect.stringMatching(/^[\w-]+$/),
        municipalityId: own,
        occurredAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      };
      expect(client.events).toEqual([
        { name: 'device', event: 'device', ...envelope, data: { deviceId: 'd', status: 'online' } },
        {
          name: 'reading',
          event: 'reading',
          ...envelope,
          data: {
            sensorId,
            deviceId: 'dev-9',
            metric: 'water_level_cm',
            instant: '2023-11-14T22:13:20.123Z',
            value: 45.5,
            quality: 'suspect',
            riskLevel: 'CRITICAL',
          },
        },
      ]);
    });

    it('go to those who have their topic, once each', async () => {
      const [a, b] = [await makeSensor(live.transactions, own), await makeSensor(live.transactions, own)];
      const names = {
        alerts: 'alert',
        anomalies: 'anomaly',
        devices: 'device',
        reports: 'report',
        system: 'system',
        warnings: 'warning',
      } as const;
      await client.subscribe(Object.keys(names));
      const readings = await live.connect(await live.token('analyst', own));
      await readings.subscribe(['readings', `readings:${a}`]);
      const single = await live.connect(await live.token('analyst', own));
      await single.subscribe([`readings:${b}`]);
      const row = (value: number) =>
        readingsEvent(
          own,
          [a, b].map((sensorId) => ({ sensorId, instant: value, value })),
        );
      await live.append([
        row(1),
        row(2),
        ...Object.values(names).map((type) => ({ municipalityId: own, type, payload: '0' })),
      ]);
      await until(() => client.events.length === 6 && single.events.length === 2 && readings.events.length === 4);
      expect(client.events.map(({ event }) => event)).toEqual(Object.values(names));
      const seen = (from: LiveClient) => from.events.map(({ data }) => data as { sensorId: string; value: number });
      expect(seen(single).map(({ sensorId, value }) => [sensorId, value])).toEqual([
        [b, 1],
        [b, 2],
      ]);
      // Sensor a: every reading; sensor b: the first at once, the other when its second is over.
      expect(seen(readings).map(({ sensorId, value }) => [sensorId, value])).toEqual([
        [a, 1],
        [b, 1],
        [a, 2],
        [b, 2],
      ]);
    });

    it('stop with unsubscribe, and with it alone', async () => {
      await client.subscribe(['alerts', 'devices']);
      expect(await client.unsubscribe(['alerts', 'reports'])).toMatchObject({ ok: true, topics: ['devices'] });
      await live.append([alertEvent(own, 1), { municipalityId: own, type: 'device', payload: '2' }]);
      await until(() => client.events.length === 1);
      expect(client.data).toEqual([2]);
      expect(await client.unsubscribe(['devices'])).toMatchObject({ ok: true, topics: [] });
      expect(await client.unsubscribe(['devices'])).toEqual({ ok: true, topics: [], cursor: expect.any(String) });
    });

    it('are told although one of them cannot be read', async () => {
      await client.subscribe(['alerts']);
      await live.append([{ municipalityId: own, type: 'alert', payload: 'no JSON' }, alertEvent(own, 2)]);
      await until(() => client.events.length === 1);
      expect(client.data).toEqual([{ number: 2 }]);
    });
  });
});
