import { LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { requireVersion, type ExpectedVersion } from '../common/versioning/version.js';
import { Transactions, type Transaction } from '../database/transaction.js';
import { endCertificatesOf } from './certificates/certificates.service.js';
import { DeviceChanges } from './device-changes.js';
import { Device } from './device.entity.js';
import { deviceHasHistory, deviceNotFound } from './device.errors.js';
import { Sensor } from './sensors/sensor.entity.js';

/** Takes devices out of the register that were registered by mistake. */
@Injectable()
export class DeviceRemovalService {
  constructor(
    private readonly transactions: Transactions,
    private readonly changes: DeviceChanges,
    private readonly clock: Clock,
  ) {}

  /**
   * Deletes a device with its sensors and credentials.
   * @throws NotFoundError `DEVICE_NOT_FOUND`; ConflictError `VERSION_CONFLICT`, or `DEVICE_HAS_HISTORY` once it has delivered
   *   anything
   */
  remove(deviceId: string, expected?: ExpectedVersion): Promise<void> {
    return this.transactions.run(async (tx) => {
      const device = await tx.em.findOne(Device, { id: deviceId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (device === null) throw deviceNotFound(deviceId);
      requireVersion(device, expected);
      if (await hasHistory(tx, deviceId)) throw deviceHasHistory(deviceId);
      await tx.query(
        `delete from latest_readings where series_id in (select series_id from sensors where device_id = ?)`,
        [deviceId],
      );
      await tx.query(`delete from message_sequences where device_id = ?`, [deviceId]);
      // Through the ORM, whose changes are audited.
      tx.em.remove(await tx.em.find(Sensor, { deviceId }));
      tx.em.remove(device);
      await endCertificatesOf(tx, deviceId, this.clock.now());
      await this.changes.record(tx, device, 'deleted');
    });
  }
}

/**
 * Whether anything points to the device. Asked in SQL, since readings and alerts are rooms above this one: a series with
 * a latest reading has readings, and a device that never delivered can still have alerts about itself.
 */
async function hasHistory(tx: Transaction, deviceId: string): Promise<boolean> {
  const { rows } = await tx.query(
    `select 1 as found from sensors s join latest_readings l on l.series_id = s.series_id
     where s.device_id = ? and l.instant is not null limit 1`,
    [deviceId],
  );
  if (rows.length > 0) return true;
  const alerts = await tx.query(`select 1 as found from alerts where device_id = ? limit 1`, [deviceId]);
  return alerts.rows.length > 0;
}
