import type { Case, Life } from './life-case.js';
import {
  BATTERY_GOOD,
  BATTERY_LOW,
  CLOCK_WRONG_HELD_MS,
  NO_DATA_AFTER_INTERVALS,
  SIGNAL_GOOD,
  SIGNAL_WEAK,
} from './life-limits.js';
import { LIFE_CONDITIONS, type LifeCondition } from './life.js';

/** What is wrong with a device at an instant; each is left later than it is entered, so that none comes and goes. */
export function conditionsAt(
  one: Case,
  before: Life,
  at: number,
  { alive, data }: { alive: boolean; data: boolean },
): LifeCondition[] {
  const { presence } = one;
  const had = (condition: LifeCondition) => before.conditions.includes(condition);
  const { batteryLevel, signalStrength, clockWrongAt } = presence;
  const holds: Record<LifeCondition, boolean> = {
    FAULT_REPORTED: presence.reportedStatus === 'fault',
    CLOCK_WRONG: clockWrongAt !== null && at < clockWrongAt + CLOCK_WRONG_HELD_MS,
    NO_DATA: alive && ((had('NO_DATA') && !data) || at >= dataDueAt(one, before)),
    BATTERY_LOW: batteryLevel !== null && isLow(batteryLevel, had('BATTERY_LOW')),
    // Positive numbers are percent or a modem's own scale: nobody says which.
    SIGNAL_WEAK: signalStrength !== null && signalStrength < 0 && isWeak(signalStrength, had('SIGNAL_WEAK')),
  };
  return LIFE_CONDITIONS.filter((condition) => holds[condition]);
}

/** From this instant on readings are missing; infinite for a device that has none to send. */
export function dataDueAt({ facts, presence, listened, graceMs }: Case, { watchedSince }: Life): number {
  if (!facts.expectsData) return Infinity;
  const from = Math.max(presence.lastDataAt ?? -Infinity, watchedSince);
  const due = listened.reach(from, facts.reportingMs * NO_DATA_AFTER_INTERVALS);
  return Math.floor(listened.settledFrom(due, () => Math.max(graceMs, facts.reportingMs))) + 1;
}

function isLow(level: number, wasLow: boolean): boolean {
  return wasLow ? level < BATTERY_GOOD : level <= BATTERY_LOW;
}

function isWeak(signal: number, wasWeak: boolean): boolean {
  return wasWeak ? signal < SIGNAL_GOOD : signal <= SIGNAL_WEAK;
}
