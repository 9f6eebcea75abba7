import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.js';

const times = (count: number, next: () => number) => Array.from({ length: count }, next);

describe('Backoff', () => {
  it('doubles from the first pause to the longest and stays there', () => {
    const backoff = new Backoff(1000, 60_000, undefined, () => 0);
    expect(times(8, () => backoff.next())).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('adds up to a quarter by chance, never beyond the longest', () => {
    const backoff = new Backoff(1000, 60_000, undefined, () => 1);
    expect(times(8, () => backoff.next())).toEqual([1250, 2500, 5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it('begins with the quick pause and starts over after a reset', () => {
    const backoff = new Backoff(1000, 60_000, 100, () => 0);
    expect(times(3, () => backoff.next())).toEqual([100, 1000, 2000]);
    backoff.reset();
    expect(backoff.next()).toBe(100);
  });

  it('stays finite after a thousand failures', () => {
    const backoff = new Backoff(1000, 60_000);
    expect(times(1000, () => backoff.next()).at(-1)).toBe(60_000);
  });
});
