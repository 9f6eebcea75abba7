import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LiveEvent, LiveReadingTuple } from '../outbox/live-event.js';
import { decodeLiveCursor } from './live-cursor.js';
import { LiveExpander, type LiveSink } from './live-expander.js';
import type { LiveMessage, LiveReading } from './live-message.js';
import { Replay, type ReplaySource } from './live-replay.js';
import { sensorTopic, type Topic } from './live-topics.js';

const MUNICIPALITY = '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40';
const SENSORS = ['a', 'b', 'c'];
const NOW = 1_800_000_000_000;
const START = { row: 0, inside: 0 };

/** Sensors of a row of readings, or null for an alert; and how many milliseconds after the row before it. */
interface Step {
  sensors: string[] | null;
  wait: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  sensors: fc.option(fc.array(fc.constantFrom(...SENSORS), { minLength: 1, maxLength: 5 }), { freq: 3 }),
  wait: fc.nat(600),
});

/** A log in which every alert and every reading has a number of its own, which grows. */
function logOf(steps: readonly Step[]): LiveEvent[] {
  let number = 0;
  let occurredAt = NOW - 3_600_000;
  return steps.map(({ sensors, wait }, i) => {
    occurredAt += wait;
    const shared = { municipalityId: MUNICIPALITY, position: i + 1, occurredAt, requestId: null };
    if (!sensors) return { ...shared, type: 'alert', payload: String(++number) };
    const tuples = sensors.map((id): LiveReadingTuple => [id, 'd', 'm', ++number, number, 0, 0]);
    return { ...shared, type: 'readings', payload: JSON.stringify(tuples) };
  });
}

/** Somebody who is live from the beginning, on a clock of the log's own. */
function follow(rows: readonly LiveEvent[], topics: ReadonlySet<Topic>): LiveMessage[] {
  const told: LiveMessage[] = [];
  const sink: LiveSink = {
    wants: (topic) => topics.has(topic) || topic === 'readings:*',
    wantsConflated: () => topics.has('readings'),
    tell: (_topics, message) => void told.push(message),
    tellConflated: (sensor, message) => void (topics.has(sensor) || told.push(message)),
  };
  const expander = new LiveExpander(MUNICIPALITY, sink, START);
  for (const row of rows) expander.deliver(row, row.occurredAt);
  expander.releaseAll();
  return told;
}

/** Somebody who goes on with a cursor; takes at most `most` events. */
async function goOn(rows: readonly LiveEvent[], topics: readonly Topic[], cursor: string, most = Infinity) {
  const told: LiveMessage[] = [];
  const source: ReplaySource = {
    municipalityId: MUNICIPALITY,
    feed: { lastPosition: rows.length, reach: () => Promise.resolve() },
  };
  const log = {
    read: (_id: string, after: number, limit: number) => Promise.resolve(rows.slice(after, after + limit)),
    lastPositions: () => Promise.resolve(new Map([[MUNICIPALITY, rows.length]])),
  };
  const target = {
    get ended() {
      return told.length >= most;
    },
    tell: (message: LiveMessage) => void (told.length < most && told.push(message)),
    ready: () => Promise.resolve(),
  };
  const replay = new Replay(source, log, target, decodeLiveCursor(cursor, MUNICIPALITY), topics);
  await replay.open(NOW);
  let joined = false;
  await replay.run(() => (joined = true));
  return { told, joined };
}

const numberOf = ({ event, data }: LiveMessage): number =>
  event === 'reading' ? (data as LiveReading).value : (data as number);

describe('going on with a cursor', () => {
  const topicSets = fc.subarray<Topic>(['alerts', 'readings', ...SENSORS.map(sensorTopic)], { minLength: 1 });
  const cuts = fc.array(fc.nat(12), { minLength: 1, maxLength: 6 });

  it('tells what an uninterrupted client was told: all topics but `readings` exactly, `readings` up to the newest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), topicSets, cuts, async (steps, topics, counts) => {
        const rows = logOf(steps);
        const whole = follow(rows, new Set(topics));
        const told: LiveMessage[] = [];
        let cursor = Buffer.from(`${MUNICIPALITY.slice(-8)}.0.0`).toString('base64url');
        for (const most of [...counts, Infinity]) {
          const part = await goOn(rows, topics, cursor, most);
          told.push(...part.told);
          cursor = part.told.at(-1)?.cursor ?? cursor;
        }
        const exact = ({ event, data }: LiveMessage): boolean =>
          event !== 'reading' || topics.includes(sensorTopic((data as LiveReading).sensorId));
        expect(told.filter(exact).map(numberOf)).toEqual(whole.filter(exact).map(numberOf));
        for (const sensor of SENSORS) {
          const newest = (of: LiveMessage[]) => of.findLast(({ data }) => (data as LiveReading).sensorId === sensor);
          expect(newest(told)?.data).toEqual(newest(whole)?.data);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('can begin after any event of a live client, and misses nothing of what was waiting', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), topicSets, async (steps, topics) => {
        const rows = logOf(steps);
        const whole = follow(rows, new Set(topics));
        expect(new Set(whole.map(({ cursor }) => cursor)).size).toBe(whole.length);
        for (const [i, { cursor }] of whole.entries()) {
          const { told, joined } = await goOn(rows, topics, cursor);
          expect(joined).toBe(true);
          const seen = new Set([...whole.slice(0, i + 1), ...told].map(numberOf));
          const strict = whole.filter(({ event }) => event === 'alert').map(numberOf);
          expect(strict.filter((number) => !seen.has(number))).toEqual([]);
          for (const sensor of SENSORS) {
            const last = whole.findLast(({ data }) => (data as LiveReading).sensorId === sensor);
            if (last) expect(seen).toContain(numberOf(last));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is refused when something after the cursor is not kept any more', async () => {
    const rows = logOf([
      { sensors: null, wait: 0 },
      { sensors: null, wait: 0 },
    ]);
    const cursor = (row: number) => Buffer.from(`${MUNICIPALITY.slice(-8)}.${row}.0`).toString('base64url');
    const expired = expect.objectContaining({ code: 'CURSOR_EXPIRED' });
    const old = rows.map((row) => ({ ...row, occurredAt: NOW - 24 * 3_600_000 - 1 }));
    await expect(goOn(old, ['alerts'], cursor(0))).rejects.toEqual(expired);
    await expect(goOn(old, ['alerts'], cursor(2))).resolves.toMatchObject({ told: [], joined: true });
    await expect(goOn(rows, ['alerts'], cursor(3))).rejects.toEqual(expired);
    const pruned = [
      { ...rows[1]!, position: 2 },
      { ...rows[1]!, position: 3 },
    ];
    await expect(goOn(pruned, ['alerts'], cursor(0))).rejects.toEqual(expired);
  });
});
