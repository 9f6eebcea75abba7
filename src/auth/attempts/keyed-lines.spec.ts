import { describe, expect, it } from 'vitest';
import { KeyedLines } from './keyed-lines.js';

const lines = (): KeyedLines => new KeyedLines(3, () => new Error('full'));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('KeyedLines', () => {
  it('runs work on a key one after the other, and forgets the key', async () => {
    const line = lines();
    const log: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      log.push(`${name} begins`);
      await turn();
      log.push(`${name} ends`);
    };
    await Promise.all([line.run('a', work('1')), line.run('a', work('2'))]);
    expect(log).toEqual(['1 begins', '1 ends', '2 begins', '2 ends']);
    expect(line.size).toBe(0);
  });

  it('does not let keys wait for each other', async () => {
    const line = lines();
    let release = (): void => {};
    const held = line.run('a', () => new Promise<void>((resolve) => (release = resolve)));
    expect(await line.run('b', () => Promise.resolve('done'))).toBe('done');
    release();
    await held;
  });

  it('goes on after a failure', async () => {
    const line = lines();
    const failing = line.run('a', () => Promise.reject(new Error('no')));
    const next = line.run('a', () => Promise.resolve(1));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe(1);
  });

  it('turns away whoever would make the line longer', async () => {
    const line = lines();
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map((i) => line.run('a', () => Promise.resolve(i))));
    expect(results.map(({ status }) => status)).toEqual([
      ...Array<string>(3).fill('fulfilled'),
      'rejected',
      'rejected',
    ]);
    expect(line.size).toBe(0);
  });
});
