import { describe, expect, it } from 'vitest';
import { WorkQueue } from './work-queue.js';

describe('WorkQueue', () => {
  it('does a few things at a time, in the order in which they came', async () => {
    let running = 0;
    const most: number[] = [];
    const done: number[] = [];
    const queue = new WorkQueue(2, 100, () => {});
    for (let i = 0; i < 10; i++) {
      queue.add(async () => {
        most.push(++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        done.push(i);
      });
    }
    expect(done).toEqual([]);
    await queue.idle();
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Math.max(...most)).toBe(2);
  });

  it('refuses what would make the line endless', async () => {
    const queue = new WorkQueue(1, 2, () => {});
    const work = (): Promise<void> => Promise.resolve();
    expect([1, 2, 3, 4].map(() => queue.add(work))).toEqual([true, true, true, false]);
    await queue.idle();
    expect(queue.add(work)).toBe(true);
    await queue.idle();
  });

  it('tells of failures and goes on', async () => {
    const errors: unknown[] = [];
    const queue = new WorkQueue(1, 10, (error) => errors.push(error));
    let done = false;
    queue.add(() => Promise.reject(new Error('no')));
    queue.add(() => Promise.resolve(void (done = true)));
    await queue.idle();
    expect([errors, done]).toEqual([[new Error('no')], true]);
  });
});
