import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReadingConflator } from './reading-conflator.js';

const reading = (sensorId: string, instant: number) => ({ sensorId, instant });

describe('ReadingConflator', () => {
  it('tells the first at once, and the newest of the second when it is over', () => {
    const conflator = new ReadingConflator<{ sensorId: string; instant: number }>();
    expect(conflator.offer(reading('a', 1), 0)).toBe(true);
    expect(conflator.offer(reading('a', 2), 100)).toBe(false);
    expect(conflator.offer(reading('b', 2), 150)).toBe(true);
    expect(conflator.offer(reading('a', 4), 200)).toBe(false);
    expect(conflator.offer(reading('a', 3), 300)).toBe(false);
    expect(conflator.nextDue).toBe(1_000);
    expect([...conflator.due(999)]).toEqual([]);
    expect([...conflator.due(1_000)]).toEqual([reading('a', 4)]);
    expect(conflator.offer(reading('a', 5), 1_500)).toBe(false);
    expect([...conflator.due(2_000)]).toEqual([reading('a', 5)]);
    expect([...conflator.due(5_000)]).toEqual([]);
    expect(conflator.nextDue).toBeUndefined();
    expect(conflator.offer(reading('a', 6), 5_000)).toBe(true);
  });

  it('tells a late reading that comes alone, but not one that comes right after a newer one', () => {
    const conflator = new ReadingConflator<{ sensorId: string; instant: number }>();
    expect(conflator.offer(reading('a', 10), 0)).toBe(true);
    expect(conflator.offer(reading('a', 9), 1)).toBe(false);
    expect(conflator.oldestWaiting).toBeUndefined();
    expect([...conflator.due(1_000)]).toEqual([]);
    expect(conflator.offer(reading('a', 8), 1_001)).toBe(true);
  });

  it('knows which of the waiting ones was offered first', () => {
    const conflator = new ReadingConflator<{ sensorId: string; instant: number }>();
    for (const sensorId of ['a', 'b']) conflator.offer(reading(sensorId, 1), 0);
    conflator.offer(reading('a', 2), 1);
    conflator.offer(reading('b', 2), 2);
    expect(conflator.oldestWaiting).toEqual(reading('a', 2));
    conflator.offer(reading('a', 3), 3);
    expect(conflator.oldestWaiting).toEqual(reading('b', 2));
    expect(conflator.waitingOf('a')).toEqual(reading('a', 3));
    expect([...conflator.drain()]).toEqual([reading('b', 2), reading('a', 3)]);
    expect(conflator.oldestWaiting).toBeUndefined();
  });

  it('tells at most one a second and sensor, and ends on the newest when readings come in order', () => {
    const step = fc.record({ sensorId: fc.constantFrom('a', 'b', 'c'), wait: fc.nat(700) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const conflator = new ReadingConflator<{ sensorId: string; instant: number }>();
        const told: { sensorId: string; instant: number; at: number }[] = [];
        let now = 0;
        const release = (at: number): void => {
          for (const due of conflator.due(at)) told.push({ ...due, at });
        };
        steps.forEach(({ sensorId, wait }, instant) => {
          for (const end = now + wait; now < end; now = Math.min(end, now + 50)) release(now);
          release(now);
          if (conflator.offer(reading(sensorId, instant), now)) told.push({ sensorId, instant, at: now });
        });
        release(now + 1_000);
        for (const sensorId of new Set(steps.map((one) => one.sensorId))) {
          const own = told.filter((one) => one.sensorId === sensorId);
          own.forEach((one, i) => i > 0 && expect(one.at - own[i - 1]!.at).toBeGreaterThanOrEqual(1_000));
          expect(own.at(-1)!.instant).toBe(steps.findLastIndex((one) => one.sensorId === sensorId));
        }
      }),
    );
  });
});
