import { expect, it } from 'vitest';
import { LocalCounters } from './local-counters.js';

it('counts within a window, and begins anew after it', () => {
  const counters = new LocalCounters(10);
  expect(counters.add('a', 1, 1_000, 0)).toEqual({ consumed: 1, until: 1_000 });
  expect(counters.add('a', 2, 1_000, 999)).toEqual({ consumed: 3, until: 1_000 });
  expect(counters.get('b', 0)).toBeUndefined();
  expect(counters.get('a', 1_000)).toBeUndefined();
  expect(counters.add('a', 1, 1_000, 1_500)).toEqual({ consumed: 1, until: 2_500 });
});

it('never holds more than it may, whatever number of keys comes', () => {
  const counters = new LocalCounters(100);
  for (let i = 0; i < 10_000; i++) counters.add(`key ${i}`, 1, 60_000, i);
  expect(counters.size).toBe(100);
  expect(counters.get('key 9999', 10_000)).toBeDefined();
  expect(counters.get('key 9899', 10_000)).toBeUndefined();
});
