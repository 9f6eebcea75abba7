import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calendarOf, type BucketUnit } from './time-buckets.js';

const HOUR = 3_600_000;
/** Clocks that change at midnight, at other hours, by half an hour, and a day that never was. */
const ZONES = [
  'UTC',
  'Europe/Vienna',
  'America/New_York',
  'America/Havana',
  'America/Sao_Paulo',
  'America/Santiago',
  'Asia/Beirut',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Apia',
];
const zone = fc.constantFrom(...ZONES);
const instant = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2030, 0, 1) });

const formats = new Map(
  ZONES.map((timeZone) => [timeZone, new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })]),
);

/** The local day or month of an instant by the other implementation at hand. */
function localDate(instant: number, timeZone: string, unit: BucketUnit): string {
  const date = formats.get(timeZone)!.format(instant);
  return unit === 'month' ? date.slice(0, 7) : date;
}

const hoursOf = (unit: BucketUnit, timeZone: string, time: string): number => {
  const calendar = calendarOf(unit, timeZone);
  const start = calendar.startOf(Date.parse(time));
  return (calendar.shift(start, 1) - start) / HOUR;
};

describe('calendarOf', () => {
  it.each([
    ['Europe/Vienna', '2026-03-29T12:00:00Z', 23],
    ['Europe/Vienna', '2026-10-25T12:00:00Z', 25],
    ['Europe/Vienna', '2026-06-01T12:00:00Z', 24],
    ['Australia/Lord_Howe', '2026-04-05T04:00:00Z', 24.5],
    ['America/Sao_Paulo', '2018-11-04T12:00:00Z', 23],
    ['America/Havana', '2026-11-01T12:00:00Z', 25],
  ])('in %s the day of %s has %d hours', (timeZone, time, hours) => {
    expect(hoursOf('day', timeZone, time)).toBe(hours);
  });

  it('counts months with their changes of the clock', () => {
    expect(hoursOf('month', 'Europe/Vienna', '2026-03-10T00:00:00Z')).toBe(31 * 24 - 1);
    expect(hoursOf('month', 'Europe/Vienna', '2026-10-10T00:00:00Z')).toBe(31 * 24 + 1);
    expect(hoursOf('month', 'UTC', '2024-02-10T00:00:00Z')).toBe(29 * 24);
  });

  it('begins a day with the first of two midnights', () => {
    const calendar = calendarOf('day', 'America/Havana');
    expect(new Date(calendar.startOf(Date.parse('2026-11-01T18:00:00Z'))).toISOString()).toBe(
      '2026-11-01T04:00:00.000Z',
    );
  });

  it('puts every instant into the bucket of its local day or month', () => {
    fc.assert(
      fc.property(fc.constantFrom<BucketUnit>('day', 'month'), zone, instant, (unit, timeZone, instant) => {
        const calendar = calendarOf(unit, timeZone);
        const start = calendar.startOf(instant);
        const end = calendar.shift(start, 1);
        expect(start).toBeLessThanOrEqual(instant);
        expect(end).toBeGreaterThan(instant);
        for (const inside of [start, end - 1]) {
          expect(localDate(inside, timeZone, unit)).toBe(localDate(instant, timeZone, unit));
        }
        expect(localDate(start - 1, timeZone, unit)).not.toBe(localDate(instant, timeZone, unit));
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves out a day that never was', () => {
    const calendar = calendarOf('day', 'Pacific/Apia');
    const after = calendar.startOf(Date.parse('2011-12-31T00:00:00+14:00'));
    const before = calendar.startOf(Date.parse('2011-12-29T12:00:00-10:00'));
    expect([calendar.shift(after, -1), calendar.shift(before, 1)]).toEqual([before, after]);
  });

  it('finds the same bounds forwards and backwards', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<BucketUnit>('minute', 'hour', 'day', 'month'),
        zone,
        instant,
        fc.integer({ min: -40, max: 40 }),
        (unit, timeZone, instant, count) => {
          const calendar = calendarOf(unit, timeZone);
          const start = calendar.startOf(instant);
          const there = calendar.shift(start, count);
          expect(calendar.startOf(there)).toBe(there);
          let step = start;
          for (let i = 0; i < Math.abs(count); i++) step = calendar.shift(step, Math.sign(count));
          expect(step).toBe(there);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuses a zone that does not exist', () => {
    expect(() => calendarOf('day', 'Europe/Atlantis').startOf(0)).toThrow('Europe/Atlantis');
  });
});
