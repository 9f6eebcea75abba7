/** A stretch of breach as the evaluator found it in the readings: what is to become, or became, an alert. */
export interface Episode {
  /** The alert that exists already for this stretch; null: one is to be opened. */
  alertId: string | null;
  /** Epoch ms and value of the opening reading; null when it lies before what was looked at. */
  opening: { instant: number; value: number } | null;
  /** Readings in breach by which the alert's count grows (or shrinks, when a late reading ended it earlier). */
  occurrences: number;
  /** Newest reading in breach that was looked at; null when there was none. */
  last: { instant: number; value: number } | null;
  /** Epoch ms of the reading that ended it; null while open. */
  resolvedAt: number | null;
  /** Looked at up to its end or up to now; otherwise the alert goes on beyond as the books have it. */
  complete: boolean;
}

/** What the readings say about one rule on one series. */
export interface Outcome {
  /** In order of time. */
  readonly episodes: readonly Episode[];
  /** Alerts that late readings left without a breach (only possible with delays); they are closed, not deleted. */
  readonly superseded: readonly string[];
}

/** An episode that goes on from an alert which was open before the readings looked at. */
export function ongoing(alertId: string): Episode {
  return { alertId, opening: null, occurrences: 0, last: null, resolvedAt: null, complete: false };
}

/** An episode that begins with this reading. */
export function beginning(alertId: string | null, instant: number, value: number): Episode {
  const opening = { instant, value };
  return { alertId, opening, occurrences: 1, last: opening, resolvedAt: null, complete: false };
}
