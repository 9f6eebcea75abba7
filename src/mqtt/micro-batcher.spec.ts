import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InboundMessage } from './inbound-message.js';
import { type BatchLimits, MicroBatcher } from './micro-batcher.js';

const LIMITS: BatchLimits = { batchMaxMessages: 5, batchMaxBytes: 1000, batchLingerMs: 2, batchConcurrency: 1 };

function message(label: string, bytes = 10): InboundMessage {
  return new InboundMessage(label, '', Buffer.alloc(bytes), 1, false, false, undefined, 0);
}

/** A runner whose batches end when the test says so. */
class Runner {
  readonly started: InboundMessage[][] = [];
  private readonly endings: (() => void)[] = [];
  running = 0;
  most = 0;

  readonly run = (batch: InboundMessage[]): Promise<void> => {
    this.started.push(batch);
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    return new Promise((resolve) => {
      this.endings.push(() => {
        this.running -= 1;
        resolve();
      });
    });
  };

  async end(): Promise<void> {
    this.endings.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
  }

  get labels(): string[][] {
    return this.started.map((batch) => batch.map(({ topic }) => topic));
  }
}

describe('MicroBatcher', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('hands over what arrived together at once when idle', async () => {
    const runner = new Runner();
    const batcher = new MicroBatcher(LIMITS, runner.run);
    for (const label of ['a', 'b', 'c']) batcher.push(message(label));
    expect(runner.started).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(0);
    expect(runner.labels).toEqual([['a', 'b', 'c']]);
  });

  it('gathers while a batch is handled, lingers a little after it, and fills no batch above the count', async () => {
    const runner = new Runner();
    const batcher = new MicroBatcher(LIMITS, runner.run);
    batcher.push(message('first'));
    await vi.advanceTimersByTimeAsync(0);
    for (const label of 'abcdefg') batcher.push(message(label));
    await vi.advanceTimersByTimeAsync(100);
    expect(runner.labels).toEqual([['first']]);
    await runner.end();
    expect(runner.labels.at(-1)).toEqual(['a', 'b', 'c', 'd', 'e']);
    await runner.end();
    expect(runner.started).toHaveLength(2);
    batcher.push(message('h'));
    await vi.advanceTimersByTimeAsync(2);
    expect(runner.labels.at(-1)).toEqual(['f', 'g', 'h']);
  });

  it('keeps a batch below its bytes, but takes a larger message alone', async () => {
    const runner = new Runner();
    const batcher = new MicroBatcher(LIMITS, runner.run);
    batcher.push(message('a', 600));
    batcher.push(message('b', 600));
    batcher.push(message('c', 5000));
    batcher.push(message('d', 1));
    for (let batch = 0; batch < 4; batch += 1) {
      await vi.advanceTimersByTimeAsync(2);
      await runner.end();
    }
    expect(runner.labels).toEqual([['a'], ['b'], ['c'], ['d']]);
  });

  it('drains what was pushed, and forgets what it is told to forget', async () => {
    const runner = new Runner();
    const batcher = new MicroBatcher(LIMITS, runner.run);
    let drained = false;
    batcher.push(message('a'));
    await vi.advanceTimersByTimeAsync(0);
    batcher.push(message('b'));
    void batcher.drain().then(() => (drained = true));
    await vi.advanceTimersByTimeAsync(50);
    expect(drained).toBe(false);
    batcher.clear();
    await runner.end();
    expect(drained).toBe(true);
    await vi.advanceTimersByTimeAsync(50);
    expect(runner.labels).toEqual([['a']]);
  });

  it('runs every message once, in order, within the limits, whatever the interleaving', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), bytes: fc.integer({ min: 0, max: 1200 }) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 5 }) }),
      fc.record({ kind: fc.constant('end' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 80 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, concurrency) => {
          const runner = new Runner();
          const limits = { ...LIMITS, batchConcurrency: concurrency };
          const batcher = new MicroBatcher(limits, runner.run);
          const pushed: string[] = [];
          for (const now of steps) {
            if (now.kind === 'push') {
              pushed.push(String(pushed.length));
              batcher.push(message(String(pushed.length - 1), now.bytes));
            } else if (now.kind === 'wait') await vi.advanceTimersByTimeAsync(now.ms);
            else await runner.end();
          }
          let drained = false;
          void batcher.drain().then(() => (drained = true));
          for (let turn = 0; turn <= pushed.length && !drained; turn += 1) {
            await vi.advanceTimersByTimeAsync(10);
            await runner.end();
          }
          await vi.advanceTimersByTimeAsync(0);
          expect(drained).toBe(true);
          expect(runner.labels.flat()).toEqual(pushed);
          expect(runner.most).toBeLessThanOrEqual(concurrency);
          for (const batch of runner.started) {
            const bytes = batch.reduce((sum, { payload }) => sum + payload.length, 0);
            expect(batch.length).toBeLessThanOrEqual(limits.batchMaxMessages);
            expect(batch.length === 1 || bytes <= limits.batchMaxBytes).toBe(true);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
