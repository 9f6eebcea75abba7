import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { lastValueFrom, throwError } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UnavailableError } from '../common/errors/errors.js';
import { BatchSettler } from './batch-settler.js';
import { InboundMessage } from './inbound-message.js';
import type { MessageBatch } from './message-batch.js';
import { MqttCounters } from './mqtt-connection-state.js';
import { withMqttDefaults } from './mqtt.options.js';

const PATTERN = 'sensors/+/data';

function messages(count: number): InboundMessage[] {
  return Array.from(
    { length: count },
    (_, index) => new InboundMessage(`${index}`, '', Buffer.from('{}'), 1, false, false, undefined, 0),
  );
}

/** The settler with a sink in memory; `sinkFailures` calls of the sink fail first. */
function setUp(sinkFailures = 0) {
  const settled: string[] = [];
  const aside: string[] = [];
  const counters = new MqttCounters();
  const giveUp = new AbortController();
  let failures = sinkFailures;
  const settler = new BatchSettler({
    settings: withMqttDefaults({ url: 'mqtt://x', clientId: 'x' }),
    sink: {
      setAside: (message) => {
        if (failures-- > 0) return Promise.reject(new Error('sink is away'));
        aside.push(message.topic);
        return Promise.resolve();
      },
    },
    counters,
    logger: new Logger('test'),
    settled: (done) => settled.push(...done.map(({ topic }) => topic)),
    giveUp: giveUp.signal,
  });
  return { settler, settled, aside, counters, giveUp };
}

describe('BatchSettler', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    Logger.overrideLogger(false);
  });
  afterEach(() => {
    vi.useRealTimers();
    Logger.overrideLogger(true);
  });

  it('acknowledges nothing before the handler has resolved, everything after', async () => {
    const { settler, settled, counters } = setUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = settler.settle(PATTERN, messages(3), () => promise);
    await vi.advanceTimersByTimeAsync(1000);
    expect(settled).toEqual([]);
    resolve();
    await done;
    expect(settled).toEqual(['0', '1', '2']);
    expect(counters).toMatchObject({ batches: 1, batchFailures: 0 });
  });

  it('repeats the same batch under the same id while the failure passes: soon, then after growing pauses', async () => {
    const { settler, settled, counters } = setUp();
    const calls: { id: string; at: number; size: number }[] = [];
    const started = Date.now();
    const handle = (batch: MessageBatch) => {
      calls.push({ id: batch.id, at: Date.now() - started, size: batch.messages.length });
      return calls.length < 5 ? Promise.reject(new UnavailableError()) : Promise.resolve();
    };
    const done = settler.settle(PATTERN, messages(4), handle);
    await vi.advanceTimersByTimeAsync(60_000);
    await done;
    expect(new Set(calls.map(({ id }) => id)).size).toBe(1);
    expect(calls.every(({ size }) => size === 4)).toBe(true);
    const gaps = calls.slice(1).map(({ at }, index) => at - (calls[index]?.at ?? 0));
    [100, 1000, 2000, 4000].forEach((least, index) => {
      expect(gaps[index]).toBeGreaterThanOrEqual(least);
      expect(gaps[index]).toBeLessThanOrEqual(least * 1.25 + 1);
    });
    expect(settled).toHaveLength(4);
    expect(counters).toMatchObject({ batchFailures: 4, retries: 4, setAside: 0 });
  });

  it('gives every attempt fresh verdicts', async () => {
    const { settler, counters } = setUp();
    const [first, second] = messages(2) as [InboundMessage, InboundMessage];
    let attempt = 0;
    await Promise.all([
      settler.settle(PATTERN, [first, second], (batch) => {
        expect(batch.rejected()).toEqual([]);
        attempt += 1;
        batch.reject(attempt === 1 ? first : second, 'UNKNOWN_DEVICE', `attempt ${attempt}`);
        return attempt === 1 ? Promise.reject(new UnavailableError()) : Promise.resolve();
      }),
      vi.advanceTimersByTimeAsync(200),
    ]);
    expect(first.rejection).toBeUndefined();
    expect(second.rejection).toEqual({ code: 'UNKNOWN_DEVICE', reason: 'attempt 2' });
    expect(counters.rejected).toBe(1);
  });

  it('sets exactly the messages at fault aside, whichever they are, and handles all others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .integer({ min: 1, max: 200 })
          .chain((size) =>
            fc.tuple(fc.constant(size), fc.uniqueArray(fc.integer({ min: 0, max: size - 1 }), { maxLength: 10 })),
          ),
        async ([size, faulty]) => {
          const { settler, settled, aside } = setUp();
          const handled: string[] = [];
          const poison = new Set(faulty.map(String));
          await settler.settle(PATTERN, messages(size), (batch) => {
            const topics = batch.messages.map(({ topic }) => topic);
            if (topics.some((topic) => poison.has(topic))) return Promise.reject(new TypeError('poison'));
            handled.push(...topics);
            return Promise.resolve();
          });
          expect([...aside].sort()).toEqual([...poison].sort());
          expect(handled).toHaveLength(size - poison.size);
          expect(settled).toHaveLength(size);
          expect(new Set(settled).size).toBe(size);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('acknowledges a poison message only when it is really set aside', async () => {
    const { settler, settled, aside, counters } = setUp(3);
    const done = settler.settle(PATTERN, messages(1), () => Promise.reject(new TypeError('poison')));
    await vi.advanceTimersByTimeAsync(100);
    expect(settled).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_000);
    await done;
    expect([aside, settled, counters.setAside]).toEqual([['0'], ['0'], 1]);
  });

  it('blames no message when the error was lost on its way', async () => {
    const { settler, aside } = setUp();
    let attempt = 0;
    const lost = throwError(() => ({ status: 'error', message: 'Internal server error' }));
    await Promise.all([
      settler.settle(PATTERN, messages(2), async () => {
        attempt += 1;
        if (attempt === 1) await lastValueFrom(lost);
      }),
      vi.advanceTimersByTimeAsync(200),
    ]);
    expect([attempt, aside]).toEqual([2, []]);
  });

  it('leaves everything unacknowledged when it has to give up', async () => {
    const { settler, settled, giveUp } = setUp();
    const waiting = settler.settle(PATTERN, messages(2), () => Promise.reject(new UnavailableError()));
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = settler.settle(PATTERN, messages(2), () => promise);
    await vi.advanceTimersByTimeAsync(50);
    giveUp.abort();
    resolve();
    await Promise.all([waiting, late]);
    expect(settled).toEqual([]);
  });
});
