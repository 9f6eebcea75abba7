import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileDefinition } from '../../devices/profiles/compiled-profile.js';
import { profileDefinitionSchema } from '../../devices/profiles/profile-definition.js';
import { decodeJson } from '../decoding/decode.js';
import { decodeUplink } from '../decoding/uplink-decoder.js';
import { readChirpstack } from './chirpstack.js';
import { readTts } from './tts.js';
import { CHIRPSTACK_EXAMPLE, TTS_EXAMPLE } from './uplink.schemas.js';

const NOW = Date.UTC(2026, 2, 1, 6, 20);
const SENT = Date.UTC(2026, 2, 1, 6, 15) + 123;
const profileOf = (definition: unknown) => compileDefinition('acme', profileDefinitionSchema.parse(definition));
const context = { receivedAt: NOW, knows: (code: string) => code === 'water_level_cm' };

describe('an event of ChirpStack', () => {
  it('is an uplink with what it says of the device, the payload and the reception', () => {
    const rxInfo = [{ rssi: -110, snr: 1 }, { rssi: -97, snr: 7 }, { rssi: 'x' }, null];
    for (const name of ['up', undefined]) {
      expect(readChirpstack({ ...CHIRPSTACK_EXAMPLE, rxInfo }, name)).toEqual({
        kind: 'uplink',
        uplink: {
          devEui: '24e124136b502345',
          time: '2026-03-01T06:15:00.123456789Z',
          fCnt: 4711,
          fPort: 2,
          bytes: Buffer.from([0, 9]),
          decoded: { water_level_cm: 245.5 },
          normalized: undefined,
          rssi: -97,
          battery: undefined,
        },
      });
    }
  });

  it('leaves out what is 0', () => {
    const { fCnt: _, fPort: __, ...first } = CHIRPSTACK_EXAMPLE;
    expect(readChirpstack(first, 'up')).toMatchObject({ kind: 'uplink', uplink: { fCnt: 0, fPort: 0 } });
  });

  it('may be a status with the battery', () => {
    const status = { deviceInfo: CHIRPSTACK_EXAMPLE.deviceInfo, margin: 10, batteryLevel: 87.4 };
    const devEui = '24e124136b502345';
    expect(readChirpstack(status)).toEqual({ kind: 'status', devEui, battery: 87.4 });
    const powered = { ...status, batteryLevel: 0, externalPowerSource: true };
    expect(readChirpstack(powered, 'status')).toEqual({ kind: 'status', devEui, battery: undefined });
  });

  it.each(['join', 'ack', 'txack', 'log', 'location', 'integration'])('that is a %s holds no readings', (name) => {
    expect(readChirpstack(CHIRPSTACK_EXAMPLE, name)).toEqual({ kind: 'other', name });
    expect(readChirpstack({ deviceInfo: CHIRPSTACK_EXAMPLE.deviceInfo })).toEqual({ kind: 'other', name: 'other' });
  });

  it.each([undefined, '', '24e124136b50234', '24e124136b50234g', 5, { a: 1 }])('names no device by %j', (devEui) => {
    expect(readChirpstack({ ...CHIRPSTACK_EXAMPLE, deviceInfo: { devEui } }, 'up')).toMatchObject({
      kind: 'malformed',
    });
  });
});

describe('a message of The Things Stack', () => {
  it('is an uplink with the time of the network server', () => {
    const message = structuredClone(TTS_EXAMPLE) as Record<string, unknown>;
    const uplink = message['uplink_message'] as Record<string, unknown>;
    uplink['last_battery_percentage'] = { f_cnt: 4700, value: 87.4, received_at: '2026-03-01T05:00:00Z' };
    uplink['normalized_payload'] = [{ air: { temperature: 8 } }];
    expect(readTts(message)).toEqual({
      kind: 'uplink',
      uplink: {
        devEui: '24e124136b502345',
        time: '2026-03-01T06:15:00.123456789Z',
        fCnt: 4711,
        fPort: 2,
        bytes: Buffer.from([0, 9]),
        decoded: { water_level_cm: 245.5 },
        normalized: [{ air: { temperature: 8 } }],
        rssi: -97,
        battery: 87.4,
      },
    });
  });

  it.each(['join_accept', 'downlink_ack', 'location_solved'])('that is a %s holds no readings', (name) => {
    expect(readTts({ end_device_ids: TTS_EXAMPLE.end_device_ids, [name]: {} })).toEqual({ kind: 'other', name });
  });

  it('that was simulated in a console holds none either', () => {
    expect(readTts({ ...TTS_EXAMPLE, simulated: true })).toEqual({ kind: 'other', name: 'simulated' });
    expect(readTts({ ...TTS_EXAMPLE, end_device_ids: {} })).toMatchObject({ kind: 'malformed' });
  });
});

describe('an uplink', () => {
  const event = readChirpstack(CHIRPSTACK_EXAMPLE, 'up');
  if (event.kind !== 'uplink') throw new Error('no uplink');
  const { uplink } = event;
  const decode = (more: object, definition?: unknown) =>
    decodeUplink({ ...uplink, ...more }, definition === undefined ? undefined : profileOf(definition), context);

  it('is read by the names of sensors without a profile, with signal, battery and frame counter', () => {
    const { sets, rejections } = decode({ decoded: { water_level_cm: 245.5, other: 7 }, battery: 87 });
    expect(rejections).toEqual([]);
    expect(sets).toEqual([
      {
        ...{ index: 0, instant: SENT, quality: 0, seq: 4711 },
        values: { water_level_cm: 245.5, signal_strength: -97, battery_level: 87 },
      },
    ]);
  });

  it('is read by paths into what was decoded, or into what was normalized', () => {
    const values = [{ path: '$.level.value', code: 'water_level_cm', factor: 100 }];
    const inRecord = [{ ...values[0], path: '@.level.value' }];
    const decoded = { level: { value: 2.455 } };
    for (const definition of [
      { format: 'json', values },
      { format: 'chirpstack', mapping: { values } },
      { format: 'tts', mapping: { values } },
    ]) {
      expect(decode({ decoded }, definition).sets[0]).toMatchObject({
        instant: SENT,
        values: { water_level_cm: 245.5 },
      });
    }
    const normalized = { format: 'tts', normalized: true, mapping: { records: '$[*]', values: inRecord } };
    expect(decode({ normalized: [decoded] }, normalized).sets[0]?.values).toMatchObject({ water_level_cm: 245.5 });
  });

  it('is read from its bytes by port', () => {
    const frames = [
      { fPort: 1, fields: [{ at: 0, type: 'u16', code: 'other' }] },
      { fPort: 2, fields: [{ at: 0, type: 'u16', code: 'water_level_cm' }] },
    ];
    for (const definition of [
      { format: 'binary', frames },
      { format: 'chirpstack', frames },
    ]) {
      expect(decode({ decoded: undefined }, definition).sets[0]?.values).toMatchObject({ water_level_cm: 9 });
      expect(decode({ fPort: 3 }, definition).rejections).toMatchObject([{ code: 'MALFORMED_PAYLOAD' }]);
    }
  });

  it('of another port, or without a payload, is nothing', () => {
    const nothing = { sets: [], rejections: [] };
    expect(decode({ fPort: 9 }, { format: 'chirpstack', fPorts: [2, 3] })).toEqual(nothing);
    expect(decode({ decoded: undefined, bytes: undefined })).toEqual(nothing);
    expect(decode({ fPort: 0, decoded: undefined })).toEqual(nothing);
  });

  it('that nobody decoded is refused with what to do', () => {
    const { rejections } = decode({ decoded: undefined });
    expect(rejections).toMatchObject([{ code: 'MALFORMED_PAYLOAD', reason: expect.stringContaining('frames') }]);
  });

  it('with a wrong time is refused, and one without has that of its arrival', () => {
    expect(decode({ time: '2031-01-01T00:00:00Z' }).rejections).toMatchObject([{ code: 'TIMESTAMP_OUT_OF_RANGE' }]);
    expect(decode({ time: 'noon' }).rejections).toMatchObject([{ code: 'TIMESTAMP_INVALID' }]);
    expect(decode({ time: undefined }).sets[0]?.instant).toBe(NOW);
  });

  it('may also come as a message of the device itself, by MQTT', () => {
    const sensors = new Map([['water_level_cm', {}]]);
    for (const [format, body] of [
      ['chirpstack', CHIRPSTACK_EXAMPLE],
      ['tts', TTS_EXAMPLE],
    ]) {
      const { sets } = decodeJson(body, NOW, { profile: profileOf({ format }), sensors });
      expect(sets[0]).toMatchObject({ instant: SENT, seq: 4711, values: { water_level_cm: 245.5 } });
    }
  });

  it('never throws, whatever a network server sends', () => {
    const key = fc.constantFrom(
      ...['deviceInfo', 'devEui', 'end_device_ids', 'dev_eui', 'uplink_message', 'rxInfo', 'rx_metadata', 'rssi'],
      ...['object', 'decoded_payload', 'data', 'frm_payload', 'time', 'received_at', 'fCnt', '__proto__'],
    );
    const json = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.constant('24e124136b502345'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 6, noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(json, fc.boolean(), (raw, isTts) => {
        const body: unknown = JSON.parse(JSON.stringify(raw));
        const read = isTts ? readTts(body) : readChirpstack(body, 'up');
        if (read.kind === 'uplink') decodeUplink(read.uplink, undefined, context);
      }),
    );
  });
});
