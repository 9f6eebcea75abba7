import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPayload } from './payload-reader.js';

const NOW = Date.UTC(2026, 2, 1, 12);
const read = (pack: unknown, now = NOW) => readPayload(Buffer.from(JSON.stringify(pack)), now);
const values = (pack: unknown) => read(pack).sets.map(({ instant, unit, values }) => [instant, unit, values]);
const refused = (pack: unknown) => read(pack).rejections.map(({ index, code, reason }) => [index, code, reason]);

/** The packs of RFC 8428, section 5.1; their times are shifted into the future of that device, and are not here. */
describe('the examples of RFC 8428', () => {
  it('5.1.1: a single data point', () => {
    expect(values([{ n: 'urn:dev:ow:10e2073a01080063', u: 'Cel', v: 23.1 }])).toEqual([
      [NOW, 'Cel', { '10e2073a01080063': 23.1 }],
    ]);
  });

  it('5.1.2: multiple data points, with a base name', () => {
    const pack = [
      { bn: 'urn:dev:ow:10e2073a01080063:', n: 'voltage', u: 'V', v: 120.1 },
      { n: 'current', u: 'A', v: 1.2 },
    ];
    expect(values(pack)).toEqual([
      [NOW, 'V', { voltage: 120.1 }],
      [NOW, 'A', { current: 1.2 }],
    ]);
  });

  it('5.1.2: a base time, a base unit and a version, with times before the base time', () => {
    const pack = [
      { bn: 'urn:dev:ow:10e2073a0108006:', bt: 1.276020076001e9, bu: 'A', bver: 5, n: 'voltage', u: 'V', v: 120.1 },
      { n: 'current', t: -5, v: 1.2 },
      { n: 'current', t: -4, v: 1.3 },
      { n: 'current', t: -3, v: 1.4 },
      { n: 'current', t: -2, v: 1.5 },
      { n: 'current', t: -1, v: 1.6 },
      { n: 'current', v: 1.7 },
    ];
    expect(values(pack)).toEqual([
      [1276020076001, 'V', { voltage: 120.1 }],
      ...[1.2, 1.3, 1.4, 1.5, 1.6, 1.7].map((v, i) => [1276020071001 + i * 1000, 'A', { current: v }]),
    ]);
  });

  it('5.1.3: multiple measurements, base fields changing on the way, a battery among them', () => {
    const pack = [
      { bn: 'urn:dev:ow:10e2073a01080063', bt: 1.320067464e9, bu: '%RH', v: 20 },
      { u: 'lon', v: 24.30621 },
      { u: 'lat', v: 60.07965 },
      { t: 60, v: 20.3 },
      { u: 'lon', t: 60, v: 24.30622 },
      { u: 'lat', t: 60, v: 60.07965 },
      { t: 120, v: 20.7 },
      { u: '%EL', t: 150, v: 98 },
    ];
    expect(read(pack).rejections).toEqual([]);
    const at = (seconds: number) => 1320067464000 + seconds * 1000;
    expect(values(pack).map(([instant, unit]) => [instant, unit])).toEqual([
      ...[
        [at(0), '%RH'],
        [at(0), 'lon'],
        [at(0), 'lat'],
        [at(60), '%RH'],
        [at(60), 'lon'],
        [at(60), 'lat'],
      ],
      ...[
        [at(120), '%RH'],
        [at(150), '%EL'],
      ],
    ]);
  });

  it('5.1.4: resolved data reads as its unresolved form', () => {
    const resolved = [
      { n: 'urn:dev:ow:10e2073a01080063', u: '%RH', t: 1.320067464e9, v: 20 },
      { n: 'urn:dev:ow:10e2073a01080063', u: '%RH', t: 1.320067524e9, v: 20.3 },
    ];
    const base = { bn: 'urn:dev:ow:10e2073a01080063', bt: 1.320067464e9, bu: '%RH' };
    expect(values(resolved)).toEqual(
      values([
        { ...base, v: 20 },
        { t: 60, v: 20.3 },
      ]),
    );
  });

  it('5.1.5: multiple data types: numbers and booleans are readings, texts and data are named', () => {
    const pack = [
      { bn: 'urn:dev:ow:10e2073a01080063:', n: 'temp', u: 'Cel', v: 23.1 },
      { n: 'label', vs: 'Machine Room' },
      { n: 'open', vb: false },
      { n: 'nfc-reader', vd: 'aGkgCg' },
    ];
    expect(values(pack)).toEqual([
      [NOW, 'Cel', { temp: 23.1 }],
      [NOW, undefined, { open: 0 }],
    ]);
    expect(read(pack).rejections).toMatchObject([
      { index: 1, metric: 'label', code: 'INVALID_VALUE', reason: expect.stringContaining('text') },
      { index: 3, metric: 'nfc-reader', code: 'INVALID_VALUE', reason: expect.stringContaining('binary data') },
    ]);
  });

  it('5.1.6: a collection of resources, with relative names', () => {
    const pack = [
      { bn: '2001:db8::2/', bt: 1.320078429e9, n: 'temperature', u: 'Cel', v: 25.2 },
      { n: 'humidity', u: '%RH', v: 30 },
      { bn: '2001:db8::1/', n: 'temperature', u: 'Cel', v: 12.3 },
      { n: 'humidity', u: '%RH', v: 67 },
    ];
    expect(read(pack).sets.map(({ values }) => values)).toEqual([
      ...[{ temperature: 25.2 }, { humidity: 30 }, { temperature: 12.3 }, { humidity: 67 }],
    ]);
  });

  it('5.1.7: setting an actuator: a text is no reading', () => {
    const pack = [
      { bn: 'urn:dev:ow:10e2073a01080063:' },
      { n: 'temp', u: 'Cel', v: 23.1 },
      { n: 'heat', u: '/', v: 1 },
      { n: 'fan', u: '/', v: 0 },
    ];
    expect(read(pack).sets.map(({ index, values }) => [index, values])).toEqual([
      [1, { temp: 23.1 }],
      [2, { heat: 1 }],
      [3, { fan: 0 }],
    ]);
  });
});

describe('a SenML pack', () => {
  it('has times relative to now below 2^28, and absolute ones from there on', () => {
    const instantOf = (t: number) => read([{ n: 'a', t, v: 1 }]).sets[0]?.instant;
    expect([instantOf(0), instantOf(-5), instantOf(60)]).toEqual([NOW, NOW - 5_000, NOW + 60_000]);
    expect(read([{ n: 'a', t: 2 ** 28 - 1, v: 1 }]).rejections[0]?.reason).toContain('15 minutes after arrival');
    expect(read([{ n: 'a', t: 2 ** 28, v: 1 }]).rejections[0]?.reason).toContain('1978');
    expect(values([{ bn: 'a', bt: -60, t: -1, v: 1 }])).toEqual([[NOW - 61_000, undefined, { a: 1 }]]);
  });

  it('adds its base value, without what decimals leave behind', () => {
    expect(values([{ bn: 'a', bv: 0.1, v: 0.2 }, { v: 1 }])).toEqual([
      [NOW, undefined, { a: 0.3 }],
      [NOW, undefined, { a: 1.1 }],
    ]);
  });

  it('is refused as a whole where it says what has to be understood and is not', () => {
    expect(
      refused([
        { n: 'a', v: 1 },
        { n: 'b', v: 1, calibrated_: true },
      ]),
    ).toEqual([[null, 'MALFORMED_PAYLOAD', 'the SenML field "calibrated_" has to be understood, and is not']]);
    expect(refused([{ bver: 11, n: 'a', v: 1 }])).toEqual([
      [null, 'MALFORMED_PAYLOAD', 'SenML version 11 is not one up to 10'],
    ]);
    expect(read([{ n: 'a', v: 1, calibrated: true }]).sets).toHaveLength(1);
    expect(read([{ bver: 10, n: 'a', v: 1 }]).sets).toHaveLength(1);
  });

  it.each([
    ['bt', '1'],
    ['bn', 7],
    ['bv', 'x'],
    ['bu', 1],
    ['bs', true],
    ['bver', 0],
  ])('is refused as a whole where %s is %j: what follows would be read wrongly', (field, value) => {
    expect(
      refused([
        { n: 'a', v: 1 },
        { n: 'b', v: 1, [field]: value },
      ]).map(([index]) => index),
    ).toEqual([null]);
  });

  it.each([
    [{ n: 'a', v: '1' }, '"v" is not a number'],
    [{ n: 'a', vb: 1 }, '"vb" is not a boolean'],
    [{ n: 'a', v: 1, t: '0' }, '"t" is not a number'],
    [{ n: 'a', v: 1, vs: 'one' }, 'a SenML record has one value, not several'],
    [{ n: 'a b', v: 1 }, '"a b" is not a SenML name'],
    [{ n: '_a', v: 1 }, '"_a" is not a SenML name'],
    [{ v: 1 }, '"" is not a SenML name'],
    [{ n: 'a' }, 'the record holds no value'],
    [{ n: 'a', s: 1 }, 'a sum (s) without a value is not a reading'],
    [null, 'not a SenML record'],
    [[], 'not a SenML record'],
  ])('sets aside %j and keeps the others', (record, reason) => {
    const { sets, rejections } = read([{ n: 'first', v: 1 }, record, { n: 'last', v: 2 }]);
    expect(sets.map(({ index }) => index)).toEqual([0, 2]);
    expect(rejections).toMatchObject([{ index: 1, reason }]);
  });

  it('takes the value of a record that also holds a sum', () => {
    expect(read([{ n: 'energy', u: 'W', v: 3, s: 1200 }]).sets[0]?.values).toEqual({ energy: 3 });
  });

  it('never throws, whatever is sent, and says something about each record', () => {
    const field = fc.constantFrom(
      'bn',
      'bt',
      'bu',
      'bv',
      'bs',
      'bver',
      'n',
      'u',
      't',
      'v',
      'vs',
      'vb',
      'vd',
      's',
      'x_',
    );
    const record = fc.dictionary(field, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 5 });
    fc.assert(
      fc.property(fc.array(fc.oneof(record, fc.jsonValue({ maxDepth: 1 })), { maxLength: 6 }), (records) => {
        const pack = [{ n: 'first', v: 1 }, ...records];
        const { sets, rejections } = read(pack);
        expect(sets.length + rejections.length).toBeGreaterThan(0);
        expect(sets.every(({ instant, values }) => Number.isInteger(instant) && Object.keys(values).length === 1)).toBe(
          true,
        );
      }),
    );
  });
});
