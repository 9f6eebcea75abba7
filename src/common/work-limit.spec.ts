import { describe, expect, it } from 'vitest';
import { UnavailableError } from './errors/errors.js';
import { WorkLimit } from './work-limit.js';

/** A call that ends when the test says so. */
function gate(): { open: () => void; work: () => Promise<void> } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, work: () => opened };
}

describe('WorkLimit', () => {
  it('never runs more than its number at once, and runs all of them', async () => {
    const limit = new WorkLimit(2, 100);
    let running = 0;
    let most = 0;
    const done = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        limit.run(async () => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          return i;
        }),
      ),
    );
    expect(most).toBe(2);
    expect(done).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('turns away who finds the line full, and serves again afterwards', async () => {
    const limit = new WorkLimit(1, 1);
    const first = gate();
    const running = limit.run(first.work);
    const waiting = limit.run(() => Promise.resolve('second'));
    await expect(limit.run(() => Promise.resolve())).rejects.toBeInstanceOf(UnavailableError);
    first.open();
    await running;
    expect(await waiting).toBe('second');
    expect(await limit.run(() => Promise.resolve('third'))).toBe('third');
  });

  it('gives its place back when the work fails', async () => {
    const limit = new WorkLimit(1, 0);
    await expect(limit.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await limit.run(() => Promise.resolve(1))).toBe(1);
  });
});
