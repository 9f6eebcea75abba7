import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '../../scripts/services/service.mjs';
import type { ApiClient } from '../support/api-client.js';
import { BAD_INPUTS, largeInputs } from '../support/bad-inputs.js';
import { Installation } from '../support/installation.js';
import { until } from '../support/live-log.js';
import { connectSession } from '../support/mqtt-devices.js';
import { MEASURED, memoryInUse, residentMemory } from '../support/process-memory.js';

const START = Date.UTC(2026, 2, 1);
const CLIENT_ID = 'app-under-bad-input';
/** 300 messages of about a megabyte by each door. */
const ROUNDS = 50;
const MAX_GROWTH_MIB = 16;
const MAX_RESIDENT_MIB = 1024;

interface Device {
  deviceId: string;
  credentials: { apiKey: string };
  sensors: { id: string; code: string }[];
}
interface Counters {
  received: number;
  acknowledged: number;
  inFlight: number;
}
interface IngestionAnswer {
  accepted: number;
  rejected: { code: string }[];
}

describe('bad input', () => {
  let installation: Installation;
  let app: Service;
  let root: ApiClient;
  let byHttp: Device;
  let byMqtt: Device;
  let devices: MqttClient;
  /** Newest rejection that was looked at. */
  let looked = '';
  let instant = START;
  /** Messages given to the application by MQTT since it started. */
  let sent = 0;

  beforeAll(async () => {
    installation = await Installation.open();
    // As an older version may have left it: it asked for a topic that this one does not know.
    const old = await connectSession(installation.broker.url, CLIENT_ID, 'sensors/+/levels');
    await old.endAsync();
    app = await installation.start({ MQTT_CLIENT_ID: CLIENT_ID }, MEASURED);
    root = await installation.signIn(app);
    const municipality = await root.post<{ id: string }>('/municipalities', { code: 'flussdorf', name: 'Flussdorf' });
    const register = (deviceId: string): Promise<Device> =>
      root.post('/devices/register', {
        deviceId,
        name: deviceId,
        municipalityId: municipality.id,
        sensors: [{ typeCode: 'water_level_cm' }, { typeCode: 'rainfall_mm' }],
      });
    [byHttp, byMqtt] = [await register('gauge-by-http'), await register('gauge-by-mqtt')];
    devices = await connectAsync(installation.broker.url, { protocolVersion: 5 });
  });
  afterAll(async () => {
    await devices?.endAsync(true);
    await installation?.close();
  });

  const counters = async (): Promise<Counters> =>
    (await root.get<{ counters: Counters }>('/monitoring/mqtt/status')).counters;
  /** Waits until the application has acknowledged everything that was sent. */
  const settled = () =>
    until(async () => {
      const { received, acknowledged, inFlight } = await counters();
      return received >= sent && acknowledged === received && inFlight === 0;
    });

  const sendHttp = (body: string | Buffer, headers: Record<string, string> = {}) =>
    root.call<IngestionAnswer>('POST', '/readings', {
      body: Buffer.from(body as string),
      headers: {
        authorization: '',
        'x-device-id': byHttp.deviceId,
        'x-api-key': byHttp.credentials.apiKey,
        ...headers,
      },
    });
  const sendMqtt = async (payload: string | Buffer, topic = `sensors/${byMqtt.deviceId}/data`): Promise<void> => {
    sent++;
    await devices.publishAsync(topic, payload, { qos: 1 });
  };
  /** A reading that there is nothing wrong with, of an instant of its own. */
  const goodReading = (): string => JSON.stringify({ timestamp: ++instant, values: { rainfall_mm: 1 } });

  /** Rejections since the last call, oldest first. */
  const rejections = async () => {
    const { rows } = await installation.db.transactions.query<{
      id: string;
      code: string;
      device_id: string;
      source: string;
    }>(`select * from rejected_readings where cast(id as text) > ? order by id`, [looked]);
    looked = rows.at(-1)?.id ?? looked;
    return rows;
  };
  const codesOf = (rows: { code: string; source: string }[], source: string): string[] =>
    rows.filter((row) => row.source === source).map(({ code }) => code);
  const stored = async (device: Device, code: string): Promise<number[]> => {
    const { rows } = await installation.db.transactions.query<{ value: number }>(
      'select value from readings r join sensors s using (series_id) where s.device_id = ? and s.code = ? order by instant',
      [device.deviceId, code],
    );
    return rows.map(({ value }) => value);
  };

  /** What of everything that was sent by each door is to be stored: the number of good readings, and other values. */
  const kept = { http: { good: 0, levels: [] as number[] }, mqtt: { good: 0, levels: [] as number[] } };
  const expectStored = async (door: 'http' | 'mqtt'): Promise<void> => {
    const device = door === 'http' ? byHttp : byMqtt;
    expect(await stored(device, 'rainfall_mm')).toHaveLength(kept[door].good);
    expect(await stored(device, 'water_level_cm')).toEqual(kept[door].levels);
  };

  it.each(BAD_INPUTS)('$name: a clear answer, and nothing else is touched', async (input) => {
    const [before, at, after] = [goodReading(), ++instant, goodReading()];
    for (const door of [kept.http, kept.mqtt]) {
      door.good += 2;
      door.levels.push(...(input.stored ?? []));
    }
    const payload = input.payload(at);
    expect(await sendHttp(before)).toMatchObject({ status: 201, data: { accepted: 1, rejected: [] } });
    const answer = await sendHttp(payload);
    expect(await sendHttp(after)).toMatchObject({ status: 201, data: { accepted: 1, rejected: [] } });
    await Promise.all([before, payload, after].map((message) => sendMqtt(message)));
    await settled();

    const rows = await rejections();
    if (input.refused) {
      const [status, code] = input.refused;
      expect(answer).toMatchObject({ status, code, type: expect.stringContaining('application/problem+json') });
      expect(codesOf(rows, 'http')).toEqual([]);
    } else {
      expect(answer).toMatchObject({ status: 201, data: { accepted: input.stored?.length ?? 0 } });
      expect(answer.data.rejected.map(({ code }) => code)).toEqual(input.rejected);
      expect(codesOf(rows, 'http')).toEqual(input.rejected);
    }
    expect(codesOf(rows, 'mqtt')).toEqual(input.rejected);
    await expectStored('http');
    await expectStored('mqtt');
  });

  it('all of it at once between good readings', async () => {
    const messages = BAD_INPUTS.flatMap(({ payload, stored: values = [] }) => {
      const [before, at] = [goodReading(), ++instant];
      kept.mqtt.levels.push(...values);
      return [before, payload(at)];
    });
    kept.mqtt.good += BAD_INPUTS.length;
    await Promise.all(messages.map((message) => sendMqtt(message)));
    await settled();
    expect(codesOf(await rejections(), 'mqtt').sort()).toEqual(BAD_INPUTS.flatMap(({ rejected }) => rejected).sort());
    await expectStored('mqtt');
  });

  it.each([
    '',
    'ab',
    'x'.repeat(65),
    'y'.repeat(60_000),
    'GAUGE-BY-MQTT',
    'gauge-by-mqtt ',
    'gauge-by-nobody',
    'ä ö',
    '😀'.repeat(300),
    `'; drop table readings; --`,
    '__proto__',
  ])('device id %#: the message of an unknown device is set aside', async (deviceId) => {
    await Promise.all([sendMqtt('{"water_level_cm":1}', `sensors/${deviceId}/data`), sendMqtt(goodReading())]);
    kept.mqtt.good++;
    await settled();
    expect(await rejections()).toMatchObject([{ code: 'UNKNOWN_DEVICE', device_id: deviceId.slice(0, 128) }]);
    await expectStored('mqtt');
  });

  it('takes nothing from topics that it did not ask for, and sets aside what an older version did', async () => {
    const { received } = await counters();
    const { deviceId } = byMqtt;
    const topics = [`sensors/${deviceId}`, `sensors/${deviceId}/data/more`, `sensors/${deviceId}/Data`, '$data', 'x'];
    for (const topic of [...topics, `/sensors/${deviceId}/data`, `sensors/data`]) {
      await devices.publishAsync(topic, '{"water_level_cm":1}', { qos: 1 });
    }
    await Promise.all([sendMqtt('{"water_level_cm":1}', `sensors/${deviceId}/levels`), sendMqtt(goodReading())]);
    kept.mqtt.good++;
    await settled();
    expect((await counters()).received).toBe(received + 2);
    expect(await rejections()).toMatchObject([{ code: 'NOT_PROCESSABLE', device_id: deviceId }]);
    await expectStored('mqtt');
  });

  it.each([
    ['no device', { 'x-device-id': '' }],
    ['no key', { 'x-api-key': '' }],
    ['a wrong key', { 'x-api-key': 'hak_0000000000000000000000000000000000000000' }],
    ['a key of 10,000 letters', { 'x-api-key': 'k'.repeat(10_000) }],
    ['an unknown device', { 'x-device-id': 'gauge-by-nobody' }],
    ['a device that it does not belong to', { 'x-device-id': 'gauge-by-mqtt' }],
    ['a device id of 5,000 letters', { 'x-device-id': 'd'.repeat(5_000) }],
    ['a device id that is none', { 'x-device-id': '../../etc' }],
  ])('HTTP with %s: 401, and nothing is stored', async (_name, headers) => {
    const answer = await sendHttp(JSON.stringify({ timestamp: ++instant, values: { water_level_cm: 1 } }), headers);
    expect(answer).toMatchObject({
      status: 401,
      code: 'UNAUTHENTICATED',
      type: expect.stringContaining('application/problem+json'),
    });
    expect(await rejections()).toEqual([]);
    await expectStored('http');
  });

  it.each([
    ['text', 415, 'UNSUPPORTED_MEDIA_TYPE', 'high water', { 'content-type': 'text/plain' }],
    [
      'an unknown character set',
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      '{}',
      { 'content-type': 'application/json; charset=x' },
    ],
    ['an unknown packing', 415, 'UNSUPPORTED_MEDIA_TYPE', '{}', { 'content-encoding': 'zip' }],
    ['broken packing', 400, 'BAD_REQUEST', 'not gzip', { 'content-encoding': 'gzip' }],
    ['100 MB in 100 kB', 413, 'PAYLOAD_TOO_LARGE', gzipSync(Buffer.alloc(1e8, ' ')), { 'content-encoding': 'gzip' }],
  ])('HTTP with %s: %i %s', async (_name, status, code, body, headers) => {
    expect(await sendHttp(body, headers)).toMatchObject({
      status,
      code,
      type: expect.stringContaining('application/problem+json'),
    });
    expect(await sendHttp(goodReading())).toMatchObject({ status: 201, data: { accepted: 1 } });
    kept.http.good++;
    await expectStored('http');
  });

  it('HTTP at a wrong address: 404', async () => {
    const at = (method: string, path: string) => root.call(method, path, { body: { water_level_cm: 1 } });
    for (const [method, path] of [
      ['POST', '/reading'],
      ['POST', '/readings/gauge-by-http'],
      ['PUT', '/readings'],
    ] as const) {
      expect(await at(method, path)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    }
  });

  it('HTTP that breaks off or is none: the next request is answered', async () => {
    const head =
      'POST /api/v1/readings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n';
    for (const bytes of [`${head}{"values":`, 'GARBAGE\r\n\r\n', '\0\0\0\0', head.slice(0, 30)]) {
      await new Promise<void>((resolve, reject) => {
        const socket = connect(app.port, '127.0.0.1', () => socket.end(bytes));
        socket
          .resume()
          .once('close', () => resolve())
          .once('error', reject);
      });
    }
    expect(await sendHttp('{')).toMatchObject({ status: 400 });
  });

  it.each(['http', 'mqtt'] as const)('%s: of 300 MB nothing stays in memory', async (door) => {
    const send = async (round: number): Promise<void> => {
      for (const message of largeInputs(round)) {
        if (door === 'mqtt') await sendMqtt(message);
        else expect([201, 400, 413, 422]).toContain((await sendHttp(message)).status);
      }
    };
    await send(0);
    await settled();
    const before = await memoryInUse(app);
    for (let round = 1; round <= ROUNDS; round++) await send(round);
    await settled();
    await until(async () => (await memoryInUse(app)) < before + MAX_GROWTH_MIB);
    expect(residentMemory(app)).toBeLessThan(MAX_RESIDENT_MIB);
  });

  it('has acknowledged everything: a new start finds an empty queue', async () => {
    await settled();
    await app.restart();
    root = await installation.signIn(app);
    sent = 0;
    await sendMqtt(goodReading());
    await settled();
    expect((await counters()).received).toBe(1);
  });
});
