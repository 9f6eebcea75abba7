/** Severities of rules and alerts, from the mildest. */
export const SEVERITIES = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;

/** Severity of a rule and of the alerts it opens. */
export type Severity = (typeof SEVERITIES)[number];
