import { describe, expect, it } from 'vitest';
import { availabilityOf, percentOf, sumOf } from './availability.js';

const range = { from: 0, to: 100 };

describe('availabilityOf', () => {
  it('counts late as heard, offline as not, and the rest not at all', () => {
    const changes = [
      { at: 10, state: 'late' as const },
      { at: 20, state: 'offline' as const },
      { at: 50, state: 'maintenance' as const },
      { at: 70, state: 'online' as const },
      { at: 90, state: 'deactivated' as const },
    ];
    expect(availabilityOf(range, 'online', changes, [])).toEqual({ up: 40, down: 30, unknown: 0, apart: 30 });
  });

  it('knows what was before the range, and leaves out what is behind it', () => {
    const changes = [
      { at: -50, state: 'online' as const },
      { at: -10, state: 'offline' as const },
      { at: 40, state: 'online' as const },
      { at: 150, state: 'offline' as const },
    ];
    expect(availabilityOf(range, 'never_seen', changes, [])).toEqual({ up: 60, down: 40, unknown: 0, apart: 0 });
  });

  it('does not count the time in which nobody listened', () => {
    const gaps = [
      { since: 30, until: 60 },
      { since: 90, until: 200 },
    ];
    const changes = [{ at: 50, state: 'offline' as const }];
    expect(availabilityOf(range, 'online', changes, gaps)).toEqual({ up: 30, down: 30, unknown: 40, apart: 0 });
    expect(availabilityOf(range, 'maintenance', [], gaps)).toEqual({ up: 0, down: 0, unknown: 0, apart: 100 });
  });

  it('has no percent where nothing counts', () => {
    expect(percentOf(availabilityOf(range, 'never_seen', [], []))).toBeNull();
    expect(percentOf({ up: 2, down: 1, unknown: 9, apart: 9 })).toBe(66.67);
    expect(sumOf([])).toEqual({ up: 0, down: 0, unknown: 0, apart: 0 });
  });
});
