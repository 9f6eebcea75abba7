import { DEVICE_ALERT_KINDS } from '../devices/device-alerts.js';

/** What an alert is about: a rule's breach on a sensor, or something that is wrong with a device. */
export const ALERT_KINDS = ['rule', ...DEVICE_ALERT_KINDS] as const;

/** Kind of an alert. */
export type AlertKind = (typeof ALERT_KINDS)[number];
