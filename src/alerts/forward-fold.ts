import type { JudgedReading } from '../readings/reading-judge.js';
import { step, type Evaluator, type RuleProgress } from '../rules/evaluator.js';
import { beginning, ongoing, type Episode } from './episode.js';

/**
 * Takes readings that are all newer than what the rule has seen.
 * @param openAlertId the alert that is open in `progress`, if any
 * @returns the new state and the episodes that were touched; none when nothing happened
 */
export function foldForward(
  evaluator: Evaluator,
  progress: RuleProgress,
  openAlertId: string | null,
  readings: readonly JudgedReading[],
): { progress: RuleProgress; episodes: Episode[] } {
  const episodes: Episode[] = [];
  let current = openAlertId === null ? null : ongoing(openAlertId);
  for (const { instant, value } of readings) {
    const result = step(evaluator, progress, instant, value);
    progress = result.progress;
    if (result.transition === 'none') continue;
    if (result.transition === 'opened') current = beginning(null, instant, value);
    else if (current && result.transition === 'occurred') {
      current.occurrences++;
      current.last = { instant, value };
    } else if (current) current.resolvedAt = instant;
    if (current && episodes.at(-1) !== current) episodes.push(current);
    if (result.transition === 'resolved') current = null;
  }
  for (const episode of episodes) episode.complete = true;
  return { progress, episodes };
}
