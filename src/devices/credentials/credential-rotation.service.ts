import { LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { Transactions } from '../../database/transaction.js';
import { DeviceChanges } from '../device-changes.js';
import { Device } from '../device.entity.js';
import { deviceNotFound } from '../device.errors.js';
import { CredentialIssuer } from './credential-issuer.js';
import { DeviceCredential } from './device-credential.entity.js';

/** A new API key, shown once, and until when the ones before it work. */
export interface RotatedApiKey {
  readonly deviceId: string;
  readonly apiKey: string;
  readonly previousKeysValidUntil: Date;
}

/** Gives devices new secrets. */
@Injectable()
export class CredentialRotationService {
  constructor(
    private readonly transactions: Transactions,
    private readonly issuer: CredentialIssuer,
    private readonly changes: DeviceChanges,
    private readonly clock: Clock,
  ) {}

  /**
   * Issues a new API key; keys that live now live on for `overlapSeconds` at most.
   * @throws NotFoundError `DEVICE_NOT_FOUND`
   */
  async refreshApiKey(deviceId: string, overlapSeconds: number): Promise<RotatedApiKey> {
    const { row, apiKey } = this.issuer.issueApiKey(deviceId);
    return this.transactions.run(async (tx) => {
      // The device's row is locked, so that of two rotations at once one sees and ends the key of the other.
      const device = await tx.em.findOne(Device, { id: deviceId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (device === null) throw deviceNotFound(deviceId);
      const now = this.clock.now();
      const end = new Date(now.getTime() + overlapSeconds * 1000);
      const keys = await tx.em.find(DeviceCredential, { deviceId, kind: 'api_key', revokedAt: null });
      for (const key of keys) {
        if (overlapSeconds === 0) key.revokedAt = now;
        else if (!key.expiresAt || key.expiresAt > end) key.expiresAt = end;
      }
      tx.em.create(DeviceCredential, row);
      await this.changes.record(tx, device, 'credentials_rotated');
      return { deviceId, apiKey, previousKeysValidUntil: end };
    });
  }
}
