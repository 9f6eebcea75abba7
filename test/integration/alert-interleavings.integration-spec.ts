import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RuleCondition } from '../../src/rules/rule-definition.js';
import { describeEachDatabase } from '../support/databases.js';
import { World, type Delivery, type Scenario } from '../support/interleavings.js';
import { openInstance } from '../support/judging.js';
import { makeMunicipalities, openLiveLog, type LiveLogRooms } from '../support/live-log.js';

/** More of them look further: TEST_INTERLEAVINGS=1000. */
const RUNS = Number(process.env['TEST_INTERLEAVINGS'] ?? 25);
const TIME_LIMIT_MS = 600_000;
const INTERRUPT_MS = 300_000;
/** A failure is shown with its seed; where instances work at once, the seed alone may not bring it back. */
const SETTINGS = { numRuns: RUNS, interruptAfterTimeLimit: INTERRUPT_MS, markInterruptAsFailure: true };

/** 5,000 lies outside the valid range of the type, so it is stored as bad and must not be judged. */
const value = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 10 }) },
  { weight: 1, arbitrary: fc.constant(5_000) },
);
const lag = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 25 }) },
);
const readings = fc.uniqueArray(
  fc.record({
    sensor: fc.integer({ min: 0, max: 2 }),
    tick: fc.integer({ min: 0, max: 30 }),
    value,
    lag,
    repeatLag: fc.option(fc.integer({ min: 0, max: 20 }), { freq: 4 }),
  }),
  { minLength: 1, maxLength: 45, size: 'max', selector: ({ sensor, tick }) => `${sensor} ${tick}` },
);
const condition: fc.Arbitrary<RuleCondition> = fc.oneof(
  fc.record({ operator: fc.constantFrom('>', '>=', '<', '<='), value: fc.integer({ min: 2, max: 8 }) }),
  fc.record({ min: fc.integer({ min: 0, max: 4 }), max: fc.integer({ min: 6, max: 10 }) }),
);
const delivery: fc.Arbitrary<Delivery> = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 3, maxLength: 20 }),
  takers: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 20 }),
  atOnce: fc.boolean(),
});

function scenarios(delay: fc.Arbitrary<number>): fc.Arbitrary<Scenario> {
  const rule = fc.record({
    sensor: fc.integer({ min: 0, max: 2 }),
    condition,
    deadband: fc.constantFrom(0, 0, 1, 2),
    onDelaySeconds: delay,
    offDelaySeconds: delay,
  });
  return fc.record({ readings, rules: fc.array(rule, { minLength: 1, maxLength: 4 }), delivery });
}

describeEachDatabase((db) => {
  let live: LiveLogRooms;
  let world: World;

  beforeAll(async () => {
    live = await openLiveLog(db, { waitForRedis: false });
    const [municipalityId] = await makeMunicipalities(db.transactions, 1);
    world = new World(
      db,
      municipalityId!,
      [0, 1, 2].map(() => openInstance(db, live.outbox)),
    );
  });
  afterAll(() => live.close());

  /** What one instance makes of the readings in order, two make of them in any order and split. */
  async function sameAsInOrder(scenario: Scenario): Promise<void> {
    const run = await world.play(scenario);
    expect(await run.alertsOf(run.shared)).toEqual(await run.alertsOf(run.single));
    for (const pair of await run.pairsOf(run.shared)) {
      expect(pair.state).toEqual(pair.folded);
      expect(pair.openAlerts).toEqual(pair.alertId === null ? [] : [pair.alertId]);
    }
    expect(await run.toldOf(run.shared)).toEqual(await run.storedOf(run.shared));
    await run.end();
  }

  it('gives two instances the alerts of one that takes the readings in order', { timeout: TIME_LIMIT_MS }, async () => {
    const withoutDelays = scenarios(fc.constant(0));
    await fc.assert(fc.asyncProperty(withoutDelays, sameAsInOrder), SETTINGS);
  });

  it('does so also when rules have delays', { timeout: TIME_LIMIT_MS }, async () => {
    const withDelays = scenarios(fc.integer({ min: 0, max: 8 }));
    await fc.assert(fc.asyncProperty(withDelays, sameAsInOrder), SETTINGS);
  });
});
