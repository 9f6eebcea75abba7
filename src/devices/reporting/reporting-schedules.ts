import type { Transaction } from '../../database/transaction.js';
import type { Device } from '../device.entity.js';
import { ReportingSchedule } from './reporting-schedule.entity.js';

/** Expected seconds between two reading sets of a device: its own setting, else those between two signs of life. */
export function reportingIntervalOf(
  device: Pick<Device, 'reportingIntervalSeconds' | 'heartbeatIntervalSeconds'>,
): number {
  return device.reportingIntervalSeconds ?? device.heartbeatIntervalSeconds;
}

/**
 * Keeps what is expected of a device from now on, when a change of it changed that: completeness of the past is measured
 * against what was expected then. Called in the change's transaction, after the device was written.
 */
export async function keepReportingSchedule(tx: Transaction, device: Device): Promise<void> {
  const intervalSeconds = device.status === 'active' ? reportingIntervalOf(device) : null;
  const last = await tx.em.findOne(ReportingSchedule, { deviceId: device.id }, { orderBy: { since: 'desc' } });
  if (last !== null && (last.intervalSeconds ?? null) === intervalSeconds) return;
  await tx.em.upsert(ReportingSchedule, { deviceId: device.id, since: device.updatedAt, intervalSeconds });
}
