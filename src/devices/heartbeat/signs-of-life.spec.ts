import { beforeEach, describe, expect, it } from 'vitest';
import { Clock } from '../../common/clock.js';
import type { SignOfLife } from './presence-state.js';
import type { PresenceService } from './presence.service.js';
import { SignsOfLife } from './signs-of-life.js';

class StandingClock extends Clock {
  at = 1_000_000;

  now(): Date {
    return new Date(this.at);
  }
}

describe('SignsOfLife', () => {
  let clock: StandingClock;
  let signs: SignsOfLife;
  let asked: (readonly SignOfLife[])[];
  let fails: (piece: readonly SignOfLife[]) => boolean;

  beforeEach(() => {
    clock = new StandingClock();
    asked = [];
    fails = () => false;
    const presence = {
      record: (piece: readonly SignOfLife[]) => {
        asked.push(piece);
        if (fails(piece)) return Promise.reject(new Error('ECONNREFUSED'));
        return Promise.resolve(new Map(piece.map(({ deviceId }) => [deviceId, { intervalMs: 900_000 }])));
      },
    };
    signs = new SignsOfLife(presence as unknown as PresenceService, clock);
  });

  it('writes many devices in pieces', async () => {
    for (let n = 0; n < 70_000; n++) signs.note(`gauge-${n}`, clock.at);
    await signs.flush();
    expect(asked).toHaveLength(35);
    expect(new Set(asked.map((piece) => piece.length))).toEqual(new Set([2_000]));
    await signs.onApplicationShutdown();
    expect(asked).toHaveLength(35);
  });

  it('keeps what the database did not take, under what has come since', async () => {
    signs.noteReadings('gauge-1', 10, 'wrong');
    signs.noteReadings('gauge-2', 10, 'wrong');
    signs.note('gauge-3', 10);
    fails = () => true;
    const failed = signs.flush();
    // Comes while it is being written.
    await Promise.resolve();
    signs.note('gauge-1', 20);
    signs.noteReadings('gauge-2', 20, 'right');
    await failed;
    fails = () => false;
    await signs.onApplicationShutdown();
    const byId = [...asked.at(-1)!].sort((a, b) => a.deviceId.localeCompare(b.deviceId));
    expect(byId).toEqual([
      { deviceId: 'gauge-1', at: 20, data: true, clock: 'wrong' },
      { deviceId: 'gauge-2', at: 20, data: true, clock: 'right' },
      { deviceId: 'gauge-3', at: 10 },
    ]);
  });

  it('lets no piece that fails for ever stand in the way of the others', async () => {
    for (let n = 0; n < 5_000; n++) signs.note(`gauge-${n}`, clock.at);
    fails = (piece) => piece.some(({ deviceId }) => deviceId === 'gauge-0');
    await signs.flush();
    expect(asked).toHaveLength(1);
    await signs.onApplicationShutdown();
    expect(asked[1]![0]).toMatchObject({ deviceId: 'gauge-2000' });
    expect(fails(asked[1]!)).toBe(false);
  });
});
