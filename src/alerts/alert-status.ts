/** Life of an alert; ACTIVE and ACKNOWLEDGED are open. */
export const ALERT_STATUSES = ['ACTIVE', 'ACKNOWLEDGED', 'RESOLVED'] as const;

/** Status of an alert. */
export type AlertStatus = (typeof ALERT_STATUSES)[number];
