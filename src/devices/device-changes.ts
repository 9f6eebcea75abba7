import { Injectable } from '@nestjs/common';
import { RegistryVersion } from '../database/registry-version.js';
import type { Transaction } from '../database/transaction.js';
import { OutboxService } from '../outbox/outbox.service.js';
import type { Device } from './device.entity.js';
import { toDeviceResponse } from './device.mapper.js';

/** What an administrator did to a device; stands in the `change` of its live event. */
export type DeviceChange =
  'registered' | 'updated' | 'deactivated' | 'reactivated' | 'deleted' | 'credentials_rotated' | 'sensors_changed';

/** Tells the rest of the platform about an administrative change, in the change's own transaction. */
@Injectable()
export class DeviceChanges {
  constructor(
    private readonly registryVersion: RegistryVersion,
    private readonly outbox: OutboxService,
  ) {}

  /** The last step of a transaction: what ingestion remembers is dropped everywhere, control rooms see the change. */
  async record(tx: Transaction, device: Device, change: DeviceChange): Promise<void> {
    await tx.em.flush();
    await this.registryVersion.bump(tx);
    const payload = JSON.stringify({ ...toDeviceResponse(device), change });
    await this.outbox.append(tx, [{ municipalityId: device.municipalityId, type: 'device', payload }]);
  }
}
