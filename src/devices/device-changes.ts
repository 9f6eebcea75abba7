import { Injectable } from '@nestjs/common';
import { RegistryVersion } from '../database/registry-version.js';
import type { Transaction } from '../database/transaction.js';
import { OutboxService } from '../outbox/outbox.service.js';
import { BrokerChanges } from './broker/broker-changes.js';
import type { Device } from './device.entity.js';
import { toDeviceResponse } from './device.mapper.js';
import { DeviceLife } from './heartbeat/device-life.js';
import { keepReportingSchedule } from './reporting/reporting-schedules.js';

/** What an administrator did to a device; stands in the `change` of its live event. */
export type DeviceChange =
  | 'registered'
  | 'updated'
  | 'deactivated'
  | 'reactivated'
  | 'deleted'
  | 'credentials_added'
  | 'credentials_rotated'
  | 'credentials_revoked'
  | 'sensors_changed'
  | 'maintenance_started'
  | 'maintenance_ended';

/** Those that can change how often the device is to deliver. */
const OF_SCHEDULE: ReadonlySet<DeviceChange> = new Set(['registered', 'updated', 'deactivated', 'reactivated']);

/** Those that a device's health depends on. */
const OF_LIFE: ReadonlySet<DeviceChange> = new Set([
  'updated',
  'deactivated',
  'reactivated',
  'sensors_changed',
  'maintenance_started',
  'maintenance_ended',
]);

/** Changes that say nothing about who may do what at the broker. */
const HARMLESS: ReadonlySet<DeviceChange> = new Set([
  'updated',
  'sensors_changed',
  'maintenance_started',
  'maintenance_ended',
]);
/** Changes by which nobody loses a right. */
const GIVING: ReadonlySet<DeviceChange> = new Set(['registered', 'reactivated', 'credentials_added']);

/** Tells the rest of the platform about an administrative change, in the change's own transaction. */
@Injectable()
export class DeviceChanges {
  constructor(
    private readonly registryVersion: RegistryVersion,
    private readonly outbox: OutboxService,
    private readonly broker: BrokerChanges,
    private readonly life: DeviceLife,
  ) {}

  /** The last step of a transaction: what ingestion remembers is dropped everywhere, control rooms see the change. */
  async record(tx: Transaction, device: Device, change: DeviceChange): Promise<void> {
    await tx.em.flush();
    if (OF_SCHEDULE.has(change)) await keepReportingSchedule(tx, device);
    if (!HARMLESS.has(change)) await this.broker.note(tx, device.municipalityId, device.id, !GIVING.has(change));
    await this.registryVersion.bump(tx);
    const life = OF_LIFE.has(change) ? await this.life.reconsider(tx, device.id) : [];
    const payload = JSON.stringify({ ...toDeviceResponse(device), change });
    await this.outbox.append(tx, [{ municipalityId: device.municipalityId, type: 'device', payload }, ...life]);
  }
}
