import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Case, DeviceFacts, Life } from './life-case.js';
import { judge, pass, unheardLife } from './life-judge.js';
import { ListenedTime, type Span } from './listening/listened-time.js';
import { afterSign, type PresenceState, type SignOfLife } from './presence-state.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const T0 = Date.UTC(2026, 2, 1, 12);
const ALWAYS = [{ since: T0 - 1e9, until: T0 + 1e9 }];

const FACTS: DeviceFacts = {
  deviceId: 'gauge-1',
  municipalityId: 'm',
  active: true,
  municipalityActive: true,
  intervalMs: MINUTE,
  reportingMs: MINUTE,
  maintenanceUntil: null,
  expectsData: false,
};

/** A device as the platform would keep it: every sign is taken as it comes, and sweeps come in between. */
class Kept {
  presence: PresenceState | null = null;
  life: Life | null = null;
  readonly story: string[] = [];

  constructor(
    public facts: DeviceFacts = FACTS,
    public spans: readonly Span[] = ALWAYS,
    private readonly graceMs = MINUTE,
  ) {}

  /** @param at milliseconds after T0 */
  sign(at: number, changes: Partial<SignOfLife> = {}): this {
    const sign = { deviceId: 'gauge-1', at: T0 + at, ...changes };
    const presence = afterSign(this.presence, sign);
    if (presence === this.presence) return this;
    if (this.life && this.presence) this.sweep(at - 1);
    this.life ??= unheardLife(this.facts, sign.at);
    const heard = sign.status !== 'offline' && sign.at >= (this.presence?.lastSeenAt ?? 0);
    this.presence = presence;
    this.enter(judge(this.case, this.life, sign.at, { heard, data: sign.data === true }));
    return this;
  }

  sweep(at: number): this {
    for (const step of pass(this.case, this.life!, Math.min(T0 + at, this.case.listened.until)).steps) this.enter(step);
    return this;
  }

  change(at: number, facts: Partial<DeviceFacts>): this {
    this.facts = { ...this.facts, ...facts };
    this.enter(judge(this.case, this.life!, T0 + at));
    return this;
  }

  get dueAfter(): number | null {
    const { nextDueAt } = pass(this.case, this.life!, -Infinity);
    return nextDueAt === null ? null : nextDueAt - T0;
  }

  private get case(): Case {
    return {
      facts: this.facts,
      presence: this.presence!,
      listened: new ListenedTime(this.spans),
      graceMs: this.graceMs,
    };
  }

  private enter(life: Life): void {
    if (life.state !== this.life?.state) this.story.push(`${life.state} ${(life.since - T0) / SECOND}`);
    this.life = life;
  }
}

describe('judge and pass', () => {
  it.each([
    [0, 'online'],
    [60, 'online'],
    [90, 'online'],
    [91, 'late'],
    [180, 'late'],
    [181, 'offline'],
    [1e6, 'offline'],
  ])('after %i s of silence with an interval of 60 s: %s', (silence, state) => {
    expect(new Kept().sign(0).sweep(silence * SECOND).life).toMatchObject({ state, reason: 'LAST_HEARTBEAT' });
  });

  it('stamps changes with when they became true, however late somebody looks', () => {
    const kept = new Kept().sign(0).sweep(3_600 * SECOND);
    expect(kept.story).toEqual(['online 0', 'late 90.001', 'offline 180.001']);
    expect(kept.sign(7_200 * SECOND).story.at(-1)).toBe('online 7200');
  });

  it('tells the same story whenever somebody looks, also when nobody does', () => {
    const signs = fc.array(
      fc.record(
        {
          gap: fc.integer({ min: 1, max: 400 }),
          status: fc.constantFrom('online' as const, 'fault' as const, 'offline' as const, 'maintenance' as const),
          batteryLevel: fc.integer({ min: 15, max: 30 }),
          data: fc.boolean(),
        },
        { requiredKeys: ['gap'] },
      ),
      { minLength: 1, maxLength: 12 },
    );
    const looks = fc.array(fc.nat(4_000), { maxLength: 20 });
    const pauses = fc.array(fc.tuple(fc.nat(3_000), fc.integer({ min: 1, max: 300 })), { maxLength: 3 });
    fc.assert(
      fc.property(signs, looks, pauses, (list, sweeps, away) => {
        const spans = [...Array(5_000).keys()]
          .filter((second) => !away.some(([from, length]) => second >= from && second < from + length))
          .map((second) => ({ since: T0 + second * SECOND, until: T0 + (second + 1) * SECOND }));
        const [swept, unswept] = [0, 1].map(() => new Kept({ ...FACTS, expectsData: true }, spans)) as [Kept, Kept];
        let at = 0;
        for (const { gap, ...sign } of list) {
          for (const look of sweeps.filter((second) => second >= at && second < at + gap).sort((a, b) => a - b)) {
            if (swept.life) swept.sweep(look * SECOND);
          }
          at += gap;
          swept.sign(at * SECOND, sign);
          unswept.sign(at * SECOND, sign);
        }
        expect(swept.sweep(5_000 * SECOND).story).toEqual(unswept.sweep(5_000 * SECOND).story);
        expect(swept.life).toEqual(unswept.life);
        expect(swept.dueAfter).toBe(unswept.dueAfter);
      }),
      { numRuns: 200 },
    );
  });

  it('is due in the future, or never', () => {
    expect(new Kept().sign(0).dueAfter).toBe(90_001);
    expect(new Kept().sign(0).sweep(100 * SECOND).dueAfter).toBe(180_001);
    expect(new Kept().sign(0).sweep(200 * SECOND).dueAfter).toBeNull();
  });

  it('takes a last will for the end of a life, until the device is heard again', () => {
    const kept = new Kept().sign(0).sign(5_000, { status: 'offline' });
    expect(kept.life).toMatchObject({ state: 'offline', reason: 'LAST_WILL' });
    expect(kept.sweep(9_000_000).life).toMatchObject({ state: 'offline', reason: 'LAST_WILL', since: T0 + 5_000 });
    expect(kept.sign(9_100_000).life?.state).toBe('online');
  });

  describe('after a pause of ours', () => {
    const pause = (from: number, to: number): Span[] => [
      { since: T0 - 1e9, until: T0 + from },
      { since: T0 + to, until: T0 + 1e9 },
    ];

    it('does not count the time in which nobody listened', () => {
      // Heard a moment before the pause: everything that it sent in an hour is lost, or waits at the broker.
      const kept = new Kept(FACTS, pause(10_000, 3_600_000)).sign(0).sweep(3_600_000 + 59_000);
      expect(kept.life?.state).toBe('online');
      // A really silent one is found when it has been silent for three intervals in which somebody listened.
      expect(kept.sweep(3_600_000 + 400_000).story).toEqual(['online 0', 'late 3680.001', 'offline 3770.001']);
    });

    it('gives everybody an interval, and at least the grace, to say something', () => {
      // 89 s of silence before the pause, half a second short of late.
      const kept = new Kept(FACTS, pause(89_500, 200_000), 30_000).sign(0);
      expect(kept.sweep(200_000 + 59_000).life?.state).toBe('online');
      expect(kept.sweep(200_000 + 61_000).life?.state).toBe('late');
      const quick = new Kept({ ...FACTS, intervalMs: 2_000 }, pause(1_000, 200_000)).sign(0);
      expect(quick.sweep(200_000 + 59_000).life?.state).toBe('online');
      expect(quick.sweep(200_000 + 61_000).life?.state).toBe('offline');
    });

    it('leaves offline what was offline before', () => {
      const kept = new Kept(FACTS, pause(1_000_000, 3_600_000)).sign(0).sweep(900_000).sweep(3_700_000);
      expect(kept.story).toEqual(['online 0', 'late 90.001', 'offline 180.001']);
    });

    it('judges nobody by what nobody heard', () => {
      const kept = new Kept(FACTS, [{ since: T0 - 1e9, until: T0 + 20_000 }]).sign(0).sweep(1e9);
      expect(kept.life?.state).toBe('online');
      expect(new Kept(FACTS, []).sign(0).sweep(1e9).life?.state).toBe('online');
      expect(new Kept(FACTS, []).sign(0).dueAfter).toBe(MINUTE);
    });
  });

  describe('maintenance and deactivation', () => {
    it('by hand end by themselves, and the device gets its time to be heard', () => {
      const kept = new Kept().sign(0).change(10_000, { maintenanceUntil: T0 + 3_600_000 });
      expect(kept.life).toMatchObject({ state: 'maintenance', reason: 'MAINTENANCE' });
      expect(kept.dueAfter).toBe(3_600_000);
      kept.sweep(3_600_000);
      expect(kept.life).toMatchObject({ state: 'late', reason: 'AWAITED', since: T0 + 3_600_000 });
      expect(kept.sweep(3_600_000 + 179_000).life?.state).toBe('late');
      expect(kept.sweep(3_600_000 + 181_000).life?.state).toBe('offline');
    });

    it('of a device that goes on talking leave it online', () => {
      const kept = new Kept()
        .sign(0)
        .change(10_000, { maintenanceUntil: T0 + 100_000 })
        .sign(60_000)
        .sweep(100_000);
      expect(kept.story).toEqual(['online 0', 'maintenance 10', 'online 100']);
    });

    it('reported by the device last until it says otherwise', () => {
      const kept = new Kept().sign(0, { status: 'maintenance' }).sweep(1e9);
      expect(kept.life).toMatchObject({ state: 'maintenance', reason: 'MAINTENANCE_REPORTED' });
      expect(kept.sign(1e9, { status: 'online' }).life?.state).toBe('online');
    });

    it('of a deactivated device change nothing until it is taken back', () => {
      const kept = new Kept().sign(0).change(10_000, { active: false }).sweep(1e8);
      expect(kept.life).toMatchObject({ state: 'deactivated', reason: 'DEACTIVATED', since: T0 + 10_000 });
      expect(kept.dueAfter).toBeNull();
      expect(kept.change(2e8, { active: true }).life).toMatchObject({ state: 'late', reason: 'AWAITED' });
    });

    it('of a municipality are found by the next look, and nothing happens to its devices meanwhile', () => {
      const listenedTo = (until: number): Span[] => [{ since: T0 - 1e9, until: T0 + until }];
      const kept = new Kept(FACTS, listenedTo(10_000)).sign(0);
      kept.facts = { ...FACTS, municipalityActive: false };
      // Silent for long when somebody looks: it is neither late nor offline in between.
      kept.spans = listenedTo(1_000_000);
      expect(kept.sweep(1_000_000).story).toEqual(['online 0', 'deactivated 1000']);
      expect(kept.dueAfter).toBe(1_600_000);
      kept.facts = FACTS;
      kept.spans = listenedTo(5_000_000);
      expect(kept.sweep(5_000_000).life).toMatchObject({ state: 'late', reason: 'AWAITED', since: T0 + 5_000_000 });
      kept.spans = listenedTo(6_000_000);
      expect(kept.sweep(6_000_000).story.slice(2)).toEqual(['late 5000', 'offline 5180.001']);
    });

    it('of a municipality take a device out that is offline and has nothing to wait for', () => {
      const kept = new Kept(FACTS, [{ since: T0 - 1e9, until: T0 + 1e6 }]).sign(0).sweep(1e6);
      expect(kept.life?.state).toBe('offline');
      kept.facts = { ...FACTS, municipalityActive: false };
      expect(kept.dueAfter).toBe(1e6);
      expect(kept.sweep(1e6).life).toMatchObject({ state: 'deactivated', since: T0 + 1e6 });
    });
  });

  describe('conditions', () => {
    const conditions = (kept: Kept) => kept.life!.conditions;

    it('of battery and signal do not flap', () => {
      const kept = new Kept();
      const levels: [number, boolean][] = [
        [21, false],
        [20, true],
        [24, true],
        [25, false],
        [21, false],
      ];
      levels.forEach(([batteryLevel, low], i) => {
        expect(conditions(kept.sign(i * SECOND, { batteryLevel })).includes('BATTERY_LOW')).toBe(low);
      });
      const signals: [number, boolean][] = [
        [-109, false],
        [-110, true],
        [-106, true],
        [-105, false],
        [30, false],
      ];
      signals.forEach(([signalStrength, weak], i) => {
        expect(conditions(kept.sign((10 + i) * SECOND, { signalStrength })).includes('SIGNAL_WEAK')).toBe(weak);
      });
    });

    it('say that a device lives and sends no readings', () => {
      const kept = new Kept({ ...FACTS, expectsData: true, reportingMs: 10 * MINUTE }).sign(0, { data: true });
      for (let minute = 1; minute <= 30; minute++) kept.sign(minute * MINUTE);
      expect(conditions(kept)).toEqual([]);
      kept.sweep(30 * MINUTE + SECOND);
      expect(kept.life).toMatchObject({ state: 'online', reason: 'NO_DATA', conditions: ['NO_DATA'] });
      expect(conditions(kept.sign(31 * MINUTE, { data: true }))).toEqual([]);
    });

    it('say that of a device that never sent any, and not of one without sensors', () => {
      const run = (expectsData: boolean) => {
        const kept = new Kept({ ...FACTS, expectsData });
        for (let minute = 0; minute <= 5; minute++) kept.sign(minute * MINUTE);
        return conditions(kept);
      };
      expect(run(true)).toEqual(['NO_DATA']);
      expect(run(false)).toEqual([]);
    });

    it('say that a clock is wrong until times are right again, or a day has passed', () => {
      const kept = new Kept().sign(0, { data: true, clock: 'wrong' });
      expect(kept.life).toMatchObject({ state: 'online', reason: 'CLOCK_WRONG' });
      expect(conditions(kept.sign(MINUTE))).toEqual(['CLOCK_WRONG']);
      expect(conditions(kept.sign(2 * MINUTE, { data: true, clock: 'right' }))).toEqual([]);
      kept.sign(3 * MINUTE, { data: true, clock: 'wrong' });
      expect(conditions(kept.sweep(25 * 3_600_000))).toEqual([]);
    });
  });
});
