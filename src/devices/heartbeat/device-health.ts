import type { DevicePresence } from '../device-presence.entity.js';
import type { Device } from '../device.entity.js';
import type { DeviceHealth } from './device-health.schemas.js';

/** A device is late after this many heartbeat intervals without a sign of life … */
const LATE_AFTER_INTERVALS = 1.5;
/** … and offline after this many. */
const OFFLINE_AFTER_INTERVALS = 3;

type HealthStatus = Pick<DeviceHealth, 'status' | 'reason'>;

/** Judges whether a device is alive at an instant (epoch ms), from what it was last heard to say. */
export function healthOf(device: Device, presence: DevicePresence | null, nowMs: number): DeviceHealth {
  return {
    deviceId: device.id,
    ...statusOf(device, presence, nowMs),
    lastSeenAt: presence?.lastSeenAt.toISOString() ?? null,
    heartbeatIntervalSeconds: device.heartbeatIntervalSeconds,
    reportedStatus: presence?.reportedStatus ?? null,
    batteryLevel: presence?.batteryLevel ?? null,
    signalStrength: presence?.signalStrength ?? null,
    firmware: presence?.firmware ?? null,
    message: presence?.message ?? null,
  };
}

function statusOf(device: Device, presence: DevicePresence | null, nowMs: number): HealthStatus {
  if (device.status === 'deactivated') {
    return { status: 'deactivated', reason: 'The device was deactivated: nothing is taken from it.' };
  }
  if (presence === null) return { status: 'never_seen', reason: 'No message has come from the device yet.' };
  const said = presence.message ? `: ${presence.message}` : '.';
  if (presence.reportedStatus === 'maintenance') {
    return { status: 'maintenance', reason: `The device reports maintenance${said}` };
  }
  const offlineSince = presence.reportedStatus === 'offline' ? presence.reportedAt : null;
  if (offlineSince && presence.lastSeenAt <= offlineSince) {
    return { status: 'offline', reason: `The device, or its last will, reported offline${said}` };
  }
  return bySilence(device, presence, nowMs, said);
}

function bySilence(device: Device, presence: DevicePresence, nowMs: number, said: string): HealthStatus {
  const silentSeconds = Math.max(0, (nowMs - presence.lastSeenAt.getTime()) / 1000);
  const expected = device.heartbeatIntervalSeconds;
  if (silentSeconds <= expected * LATE_AFTER_INTERVALS) {
    if (presence.reportedStatus === 'fault') {
      return { status: 'online', reason: `The device is heard and reports a fault${said}` };
    }
    return { status: 'online', reason: `Last sign of life ${spoken(silentSeconds)} ago.` };
  }
  const reason = `No sign of life for ${spoken(silentSeconds)}; one is expected every ${spoken(expected)}.`;
  return { status: silentSeconds <= expected * OFFLINE_AFTER_INTERVALS ? 'late' : 'offline', reason };
}

/** A span of time in the largest unit that fits: `45 s`, `12 min`, `5 h`, `3 days`. */
function spoken(seconds: number): string {
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}
