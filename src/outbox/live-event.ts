/** Types of rows in the live log. A `readings` row holds many readings; every other row is one event. */
export type LiveEventType = 'readings' | 'alert' | 'anomaly' | 'device' | 'report' | 'warning' | 'system';

/** An event that a transaction wants to tell, before it has its place in the log. */
export interface NewLiveEvent {
  municipalityId: string;
  type: LiveEventType;
  /** JSON text, written as it is. */
  payload: string;
}

/** An event with its place in the municipality's log. */
export interface LiveEvent extends NewLiveEvent {
  /** From 1, gapless per municipality, in commit order. */
  position: number;
  /** Epoch milliseconds. */
  occurredAt: number;
  requestId: string | null;
}

/** One reading of a `readings` row (see live-readings.ts): sensor id, device id, metric code, instant (epoch ms), value, quality number, risk number. */
export type LiveReadingTuple = [string, string, string, number, number, number, number];
