const HOUR_MS = 3_600_000;

/** How far back a client can resume: older events are refused, whether or not they are still stored. */
export const LIVE_LOG_AGE_MS = 24 * HOUR_MS;

/** Events are deleted this long after they happened: later than they can be asked for, so that a running replay finds its end. */
export const LIVE_LOG_KEPT_MS = 25 * HOUR_MS;
