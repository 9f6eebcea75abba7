import type { DevicePresence } from '../device-presence.entity.js';
import type { Device } from '../device.entity.js';
import type { DeviceHealth } from './device-health.schemas.js';
import type { Life } from './life-case.js';
import type { LifeReason } from './life.js';

/** A device's life in an answer, with its reason in words, at an instant (epoch ms). */
export function healthOf(device: Device, presence: DevicePresence | null, life: Life, nowMs: number): DeviceHealth {
  return {
    deviceId: device.id,
    status: life.state,
    since: presence === null ? null : new Date(life.since).toISOString(),
    reasonCode: life.reason,
    reason: REASONS[life.reason](device, presence, life, nowMs),
    conditions: [...life.conditions],
    lastSeenAt: presence?.lastSeenAt.toISOString() ?? null,
    lastDataAt: presence?.lastDataAt?.toISOString() ?? null,
    heartbeatIntervalSeconds: device.heartbeatIntervalSeconds,
    reportedStatus: presence?.reportedStatus ?? null,
    batteryLevel: presence?.batteryLevel ?? null,
    signalStrength: presence?.signalStrength ?? null,
    firmware: presence?.firmware ?? null,
    message: presence?.message ?? null,
  };
}

type Words = (device: Device, presence: DevicePresence | null, life: Life, nowMs: number) => string;

const REASONS: Readonly<Record<LifeReason, Words>> = {
  LAST_HEARTBEAT: (device, presence, { state }, nowMs) => {
    const silent = spoken(secondsSince(presence?.lastSeenAt, nowMs));
    if (state === 'online') return `Last sign of life ${silent} ago.`;
    return `No sign of life for ${silent}; one is expected every ${spoken(device.heartbeatIntervalSeconds)}.`;
  },
  LAST_WILL: (_device, presence) => `The device, or its last will, reported offline${said(presence)}`,
  AWAITED: (_device, presence, { watchedSince }, nowMs) =>
    `Back in service for ${spoken(secondsSince(new Date(watchedSince), nowMs))}; nothing has come from the device yet, ` +
    `the last sign of life is ${spoken(secondsSince(presence?.lastSeenAt, nowMs))} old.`,
  NEVER_HEARD: () => 'No message has come from the device yet.',
  MAINTENANCE: ({ maintenanceUntil, maintenanceReason }) => {
    const until = maintenanceUntil ? ` until ${maintenanceUntil.toISOString()}` : '';
    return `The device is in maintenance${until}${maintenanceReason ? `: ${maintenanceReason}` : '.'}`;
  },
  MAINTENANCE_REPORTED: (_device, presence) => `The device reports maintenance${said(presence)}`,
  DEACTIVATED: ({ status }) =>
    status === 'deactivated'
      ? 'The device was deactivated: nothing is taken from it.'
      : 'The municipality is suspended: nothing is taken from its devices.',
  FAULT_REPORTED: (_device, presence) => `The device is heard and reports a fault${said(presence)}`,
  CLOCK_WRONG: () => 'The device is heard, but the times of its readings cannot be right.',
  NO_DATA: (_device, presence, _life, nowMs) =>
    presence?.lastDataAt
      ? `The device is heard, but no readings have come for ${spoken(secondsSince(presence.lastDataAt, nowMs))}.`
      : 'The device is heard, but no readings have come from it.',
  BATTERY_LOW: (_device, presence) => `The device is heard; its battery is at ${presence?.batteryLevel} %.`,
  SIGNAL_WEAK: (_device, presence) => `The device is heard; its signal is weak, ${presence?.signalStrength} dBm.`,
};

/** What the device itself has to say about it, and the end of the sentence. */
function said(presence: DevicePresence | null): string {
  return presence?.message ? `: ${presence.message}` : '.';
}

function secondsSince(instant: Date | null | undefined, nowMs: number): number {
  return instant ? Math.max(0, (nowMs - instant.getTime()) / 1000) : 0;
}

/** A span of time in the largest unit that fits: `45 s`, `12 min`, `5 h`, `3 days`. */
function spoken(seconds: number): string {
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}
