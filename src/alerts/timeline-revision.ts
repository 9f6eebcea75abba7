import { INITIAL, PHASE, step, type Evaluator, type RuleProgress } from '../rules/evaluator.js';
import { beginning, ongoing, type Episode, type Outcome } from './episode.js';

/** An alert as the books have it. */
export interface KnownAlert {
  readonly id: string;
  /** Epoch ms. */
  readonly openedAt: number;
}

/** A stored reading of the stretch that is looked at again. */
export interface TimelineReading {
  /** Epoch ms. */
  readonly instant: number;
  readonly value: number;
  /** It was stored just now; the books do not know it yet. */
  readonly isNew: boolean;
}

/**
 * Judges a stretch of a series again because readings came late: folds it once as the books knew it and once with the
 * new readings, and matches the episodes of both, so that each alert that still stands for a breach keeps its identity.
 * The result depends on the stored readings alone, not on the order in which they arrived.
 */
export class TimelineRevision {
  private before: RuleProgress;
  private after: RuleProgress;
  private known: KnownAlert | null;
  private current: Episode | null;
  private readonly episodes: Episode[] = [];
  private readonly countedBefore = new Map<string, number>();
  private readonly claimed = new Set<string>();
  private readonly met: string[] = [];
  private newLeft: number;

  /**
   * @param covering the alert that is open before the first reading pushed, if any
   * @param following the alerts opened within the stretch or later, oldest first
   * @param newReadings how many of the readings to come are new
   */
  constructor(
    private readonly evaluator: Evaluator,
    covering: KnownAlert | null,
    private readonly following: readonly KnownAlert[],
    newReadings: number,
  ) {
    this.before = this.after = covering ? { phase: PHASE.breach, since: null } : INITIAL;
    this.known = covering;
    this.current = covering ? ongoing(covering.id) : null;
    if (covering) {
      this.claimed.add(covering.id);
      this.episodes.push(this.current!);
    }
    this.newLeft = newReadings;
  }

  /** From here on the new readings change nothing any more. */
  get converged(): boolean {
    return (
      this.newLeft === 0 &&
      this.before.phase === this.after.phase &&
      this.before.since === this.after.since &&
      (this.known?.id ?? null) === (this.current?.alertId ?? null)
    );
  }

  /** State of the rule after the readings pushed so far. */
  get progress(): RuleProgress {
    return this.after;
  }

  /** The episode that is open after the readings pushed so far. */
  get open(): Episode | null {
    return this.current;
  }

  /** Takes the next reading of the stretch, oldest first. */
  push(reading: TimelineReading): void {
    if (reading.isNew) this.newLeft--;
    else this.stepBefore(reading);
    this.stepAfter(reading);
  }

  /**
   * What becomes of the alerts; counts are relative to what the books have.
   * @param toTheEnd the newest reading of the series was pushed, so an open episode is open now
   */
  outcome(toTheEnd: boolean): Outcome {
    if (toTheEnd && this.current) this.current.complete = true;
    for (const episode of this.episodes) {
      if (episode.alertId !== null) episode.occurrences -= this.countedBefore.get(episode.alertId) ?? 0;
    }
    return { episodes: this.episodes, superseded: this.met.filter((id) => !this.claimed.has(id)) };
  }

  private stepBefore({ instant, value }: TimelineReading): void {
    const { progress, transition } = step(this.evaluator, this.before, instant, value);
    this.before = progress;
    if (transition === 'opened') {
      this.known = this.following.find(({ openedAt }) => openedAt === instant) ?? null;
      if (this.known) this.met.push(this.known.id);
      if (this.known && this.current?.alertId === null) this.claim(this.current, this.known);
    }
    if (this.known && (transition === 'opened' || transition === 'occurred')) {
      this.countedBefore.set(this.known.id, (this.countedBefore.get(this.known.id) ?? 0) + 1);
    }
    if (transition === 'resolved') this.known = null;
  }

  private stepAfter({ instant, value }: TimelineReading): void {
    const { progress, transition } = step(this.evaluator, this.after, instant, value);
    this.after = progress;
    if (transition === 'opened') {
      this.current = beginning(null, instant, value);
      this.episodes.push(this.current);
      if (this.known && !this.claimed.has(this.known.id)) this.claim(this.current, this.known);
    } else if (transition === 'occurred' && this.current) {
      this.current.occurrences++;
      this.current.last = { instant, value };
    } else if (transition === 'resolved' && this.current) {
      this.current.resolvedAt = instant;
      this.current.complete = true;
      this.current = null;
    }
  }

  private claim(episode: Episode, alert: KnownAlert): void {
    episode.alertId = alert.id;
    this.claimed.add(alert.id);
  }
}
