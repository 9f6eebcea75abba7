import { describe, expect, it } from 'vitest';
import { Rounds } from './rounds.js';

describe('Rounds', () => {
  it('does one round after the other, and waits for the last one', async () => {
    let under = 0;
    let most = 0;
    let done = 0;
    const third = Promise.withResolvers<void>();
    const rounds = new Rounds(1, async () => {
      most = Math.max(most, ++under);
      await new Promise((resolve) => setTimeout(resolve, 3));
      under--;
      if (++done === 3) third.resolve();
    });
    rounds.start();
    await third.promise;
    await rounds.stop();
    const atEnd = done;
    expect([most, under]).toEqual([1, 0]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(done).toBe(atEnd);
  });

  it('tells the round in hand to come to an end', async () => {
    const begun = Promise.withResolvers<void>();
    let ended = false;
    const rounds = new Rounds(1, async (stopping) => {
      begun.resolve();
      while (!stopping()) await new Promise((resolve) => setTimeout(resolve, 1));
      ended = true;
    });
    rounds.start();
    await begun.promise;
    await rounds.stop();
    expect(ended).toBe(true);
  });
});
