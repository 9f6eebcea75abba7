import type { DeviceAlertClear, DeviceAlertKind, DeviceAlertRaise } from '../device-alerts.js';
import type { DeviceFacts, Life } from './life-case.js';
import type { LifeCondition } from './life.js';

type Words = Pick<DeviceAlertRaise, 'kind' | 'severity' | 'title'>;

const OFFLINE: Words = { kind: 'device_offline', severity: 'MEDIUM', title: 'Nothing is heard from the device' };

/** Alerts of the conditions; that no readings come is seen in the device's health, and said by rules where it matters. */
const OF_CONDITIONS: Readonly<Partial<Record<LifeCondition, Words>>> = {
  FAULT_REPORTED: { kind: 'device_fault', severity: 'MEDIUM', title: 'The device reports a fault' },
  CLOCK_WRONG: { kind: 'device_clock', severity: 'LOW', title: 'The clock of the device is wrong' },
  BATTERY_LOW: { kind: 'device_battery', severity: 'LOW', title: 'The battery of the device is low' },
  SIGNAL_WEAK: { kind: 'device_signal', severity: 'LOW', title: 'The signal of the device is weak' },
};

/** The alerts that are to be opened and ended when a device's life goes from `before` to `after`. */
export function alertsBetween(
  { deviceId, municipalityId, municipalityActive }: DeviceFacts,
  before: Life,
  after: Life,
  at: number,
): { raised: DeviceAlertRaise[]; cleared: DeviceAlertClear[] } {
  const [old, now] = [alertsOf(before), alertsOf(after)];
  const isNew = ({ kind }: Words) => !old.some((other) => other.kind === kind);
  const isOver = ({ kind }: Words) => !now.some((other) => other.kind === kind);
  const when = (kind: DeviceAlertKind) => (kind === 'device_offline' ? after.since : at);
  return {
    raised: municipalityActive
      ? now.filter(isNew).map((words) => ({ deviceId, municipalityId, ...words, at: when(words.kind) }))
      : [],
    cleared: old.filter(isOver).map(({ kind }) => ({ deviceId, kind, at: when(kind) })),
  };
}

/** None for a device that nobody expects anything of. */
function alertsOf({ state, conditions }: Life): Words[] {
  if (state === 'never_seen' || state === 'maintenance' || state === 'deactivated') return [];
  const words = conditions.flatMap((condition) => OF_CONDITIONS[condition] ?? []);
  return state === 'offline' ? [OFFLINE, ...words] : words;
}
