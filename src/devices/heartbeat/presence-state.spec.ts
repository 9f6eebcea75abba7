import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterSign, type PresenceState, type SignOfLife } from './presence-state.js';

const sign = (at: number, changes: Partial<SignOfLife> = {}): SignOfLife => ({
  deviceId: 'gauge-1',
  at,
  ...changes,
});
const fold = (signs: SignOfLife[]): PresenceState | null => signs.reduce<PresenceState | null>(afterSign, null);

const anySign = fc.record(
  {
    at: fc.integer({ min: 1, max: 1_000_000 }),
    status: fc.constantFrom('online' as const, 'maintenance' as const, 'fault' as const, 'offline' as const),
    batteryLevel: fc.integer({ min: 0, max: 100 }),
    firmware: fc.constantFrom('1', '2'),
  },
  { requiredKeys: ['at'] },
);

describe('afterSign', () => {
  it('keeps what a later message does not mention', () => {
    const state = fold([
      sign(10, { status: 'online', batteryLevel: 80, signalStrength: -70, firmware: '1' }),
      sign(20, { batteryLevel: 79 }),
    ]);
    expect(state).toEqual({
      lastSeenAt: 20,
      reportedStatus: 'online',
      reportedAt: 10,
      batteryLevel: 79,
      signalStrength: -70,
      firmware: '1',
      message: null,
      lastDataAt: null,
      clockWrongAt: null,
    });
  });

  it('does not go back in time', () => {
    const state = fold([sign(20, { status: 'fault', batteryLevel: 50 })]);
    expect(afterSign(state, sign(10, { status: 'online', batteryLevel: 90 }))).toBe(state);
  });

  it('changes nothing when messages are repeated', () => {
    fc.assert(
      fc.property(fc.array(anySign, { minLength: 1 }), (signs) => {
        const once = fold(signs.map((some) => sign(some.at, some)));
        const last = signs.at(-1)!;
        expect(afterSign(once, sign(last.at, last))).toEqual(once);
      }),
    );
  });

  it('never moves the last sign of life back', () => {
    fc.assert(
      fc.property(fc.array(anySign, { minLength: 1 }), (signs) => {
        let state: PresenceState | null = null;
        for (const some of signs) {
          const next: PresenceState = afterSign(state, sign(some.at, some));
          expect(next.lastSeenAt).toBeGreaterThanOrEqual(state?.lastSeenAt ?? 0);
          expect(next.reportedAt ?? 0).toBeGreaterThanOrEqual(state?.reportedAt ?? 0);
          state = next;
        }
      }),
    );
  });

  it('takes a last will for the end of a life, and the next message for its return', () => {
    const gone = fold([sign(10, { status: 'online' }), sign(30, { status: 'offline', message: 'lost' })]);
    expect(gone).toMatchObject({ lastSeenAt: 10, reportedStatus: 'offline', reportedAt: 30, message: 'lost' });
    expect(afterSign(gone, sign(40))).toMatchObject({ lastSeenAt: 40, reportedStatus: 'online', reportedAt: 40 });
  });

  it('counts readings that are noted after a heartbeat which came later', () => {
    const heard = fold([sign(30, { batteryLevel: 50 })]);
    expect(afterSign(heard, sign(20, { data: true, batteryLevel: 90 }))).toEqual({ ...heard, lastDataAt: 20 });
    expect(fold([sign(30), sign(20, { data: true }), sign(10, { data: true })])).toMatchObject({ lastDataAt: 20 });
    expect(fold([sign(30), sign(20, { clock: 'wrong' }), sign(25, { clock: 'right' })])?.clockWrongAt).toBeNull();
  });

  it('learns from a retained message only what it does not know', () => {
    const retained = sign(50, { retained: true, status: 'online' });
    expect(afterSign(null, retained)).toMatchObject({ reportedStatus: 'online', reportedAt: 50 });
    const known = fold([sign(10, { status: 'maintenance' })]);
    expect(afterSign(known, retained)).toBe(known);
    const heard = fold([sign(10)]);
    expect(afterSign(heard, retained)).toMatchObject({ lastSeenAt: 10, reportedStatus: 'online' });
    expect(afterSign(heard, sign(50, { retained: true }))).toBe(heard);
    expect(afterSign(heard, sign(50, { retained: true, status: 'offline' }))).toBe(heard);
  });
});
