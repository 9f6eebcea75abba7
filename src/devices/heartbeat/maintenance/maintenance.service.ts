import { LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../../common/clock.js';
import { ValidationError } from '../../../common/errors/errors.js';
import { Transactions } from '../../../database/transaction.js';
import { DeviceChanges, type DeviceChange } from '../../device-changes.js';
import { Device } from '../../device.entity.js';
import { deviceNotFound } from '../../device.errors.js';
import { DeviceLife } from '../device-life.js';
import type { Maintenance } from './maintenance.schemas.js';

const YEAR_MS = 366 * 86_400_000;

/** Says that somebody works on a device: nothing that it does or leaves meanwhile is an alert about it. */
@Injectable()
export class MaintenanceService {
  constructor(
    private readonly transactions: Transactions,
    private readonly life: DeviceLife,
    private readonly changes: DeviceChanges,
    private readonly clock: Clock,
  ) {}

  /**
   * Begins it, or moves its end.
   * @throws NotFoundError `DEVICE_NOT_FOUND`; ValidationError `END_OUT_OF_RANGE` for one that is over or too far away
   */
  async begin(deviceId: string, { until, reason }: Maintenance): Promise<Device> {
    const left = until.getTime() - this.clock.nowMs();
    if (left <= 0 || left > YEAR_MS) {
      const message = 'The end has to lie in the future, at most a year from now.';
      throw new ValidationError([{ path: 'until', code: 'END_OUT_OF_RANGE', message }]);
    }
    return this.set(deviceId, 'maintenance_started', until, reason);
  }

  /** Ends it now; that of a device that is in none is no change. @throws NotFoundError `DEVICE_NOT_FOUND` */
  end(deviceId: string): Promise<Device> {
    return this.set(deviceId, 'maintenance_ended', null, null);
  }

  private set(deviceId: string, change: DeviceChange, until: Date | null, reason: string | null): Promise<Device> {
    return this.transactions.run(async (tx) => {
      await this.life.lock(tx, deviceId);
      const device = await tx.em.findOne(Device, { id: deviceId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (device === null) throw deviceNotFound(deviceId);
      if (until === null && (device.maintenanceUntil ?? null) === null) return device;
      device.maintenanceUntil = until;
      device.maintenanceReason = reason;
      await this.changes.record(tx, device, change);
      return device;
    });
  }
}
