import type { RuleCondition } from './rule-definition.js';

/** Where a rule stands on a series; the numbers are stored. */
export const PHASE = { clear: 0, pending: 1, breach: 2, clearing: 3 } as const;

/** One of {@link PHASE}. */
export type Phase = (typeof PHASE)[keyof typeof PHASE];

/** State of a rule on a series after a reading. */
export interface RuleProgress {
  readonly phase: Phase;
  /** Epoch ms at which the pending or clearing run began; null in the other phases. */
  readonly since: number | null;
}

/** A rule before any reading. */
export const INITIAL: RuleProgress = { phase: PHASE.clear, since: null };
/** A rule in breach, an alert open. */
export const BREACH: RuleProgress = { phase: PHASE.breach, since: null };

/** How a value stands to the condition; `hold`: inside the deadband, so neither in breach nor back. */
export type Standing = 'breach' | 'hold' | 'clear';

/** What a reading did to the rule. */
export type Transition = 'none' | 'opened' | 'occurred' | 'resolved';

/** A rule ready to be evaluated; everything it needs is in plain numbers. */
export interface Evaluator {
  readonly standing: (value: number) => Standing;
  readonly onDelayMs: number;
  readonly offDelayMs: number;
}

/** Whether an alert exists in this phase. */
export function isOpen(progress: RuleProgress): boolean {
  return progress.phase === PHASE.breach || progress.phase === PHASE.clearing;
}

/** Makes an evaluator from a rule's data; no code comes from outside, so there is nothing to sandbox. */
export function compile(rule: {
  condition: RuleCondition;
  deadband: number;
  onDelaySeconds: number;
  offDelaySeconds: number;
}): Evaluator {
  return {
    standing: standingOf(rule.condition, rule.deadband),
    onDelayMs: rule.onDelaySeconds * 1000,
    offDelayMs: rule.offDelaySeconds * 1000,
  };
}

function standingOf(condition: RuleCondition, deadband: number): (value: number) => Standing {
  if ('min' in condition) {
    const { min, max } = condition;
    return (value) =>
      value < min || value > max ? 'breach' : value < min + deadband || value > max - deadband ? 'hold' : 'clear';
  }
  const limit = condition.value;
  switch (condition.operator) {
    case '>':
      return (value) => (value > limit ? 'breach' : value > limit - deadband ? 'hold' : 'clear');
    case '>=':
      return (value) => (value >= limit ? 'breach' : value >= limit - deadband ? 'hold' : 'clear');
    case '<':
      return (value) => (value < limit ? 'breach' : value < limit + deadband ? 'hold' : 'clear');
    case '<=':
      return (value) => (value <= limit ? 'breach' : value <= limit + deadband ? 'hold' : 'clear');
  }
}

/**
 * Takes one reading, in event-time order: on-delay, off-delay and deadband as in ISA-18.2 / IEC 62682, counted by the
 * readings' own time, so that the result does not depend on when they arrived.
 * @param instant epoch ms of the reading
 * @returns the new state and what happened
 */
export function step(
  evaluator: Evaluator,
  progress: RuleProgress,
  instant: number,
  value: number,
): { progress: RuleProgress; transition: Transition } {
  const standing = evaluator.standing(value);
  return isOpen(progress)
    ? whileOpen(evaluator, progress, instant, standing)
    : whileClosed(evaluator, progress, instant, standing);
}

function whileClosed(evaluator: Evaluator, progress: RuleProgress, instant: number, standing: Standing) {
  if (standing !== 'breach') {
    return { progress: progress.phase === PHASE.clear ? progress : INITIAL, transition: 'none' as const };
  }
  const since = progress.since ?? instant;
  if (instant - since >= evaluator.onDelayMs) return { progress: BREACH, transition: 'opened' as const };
  return { progress: { phase: PHASE.pending, since }, transition: 'none' as const };
}

function whileOpen(evaluator: Evaluator, progress: RuleProgress, instant: number, standing: Standing) {
  if (standing === 'breach') return { progress: BREACH, transition: 'occurred' as const };
  if (standing === 'hold') return { progress: BREACH, transition: 'none' as const };
  const since = progress.since ?? instant;
  if (instant - since >= evaluator.offDelayMs) return { progress: INITIAL, transition: 'resolved' as const };
  return { progress: { phase: PHASE.clearing, since }, transition: 'none' as const };
}
