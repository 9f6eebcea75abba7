import { EntityManager, LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../common/clock.js';
import { pageOf, startAfter, type Page } from '../../common/pagination/page.js';
import { Transactions } from '../../database/transaction.js';
import { CertificatesService } from '../certificates/certificates.service.js';
import { DeviceChanges } from '../device-changes.js';
import { Device } from '../device.entity.js';
import { deviceNotFound } from '../device.errors.js';
import { credentialNotFound } from './credential.errors.js';
import type { ListCredentials } from './credential.schemas.js';
import { DeviceCredential } from './device-credential.entity.js';

const cursorSchema = z.tuple([z.guid()]);

/** Lists and revokes the credentials of devices of the caller's municipalities. */
@Injectable()
export class CredentialsService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly certificates: CertificatesService,
    private readonly changes: DeviceChanges,
    private readonly clock: Clock,
  ) {}

  /** The credentials of a device, the newest first. @throws NotFoundError `DEVICE_NOT_FOUND` */
  async list(deviceId: string, query: ListCredentials): Promise<Page<DeviceCredential>> {
    const em = this.em.fork();
    if ((await em.count(Device, { id: deviceId })) === 0) throw deviceNotFound(deviceId);
    const [before] = startAfter(query, cursorSchema) ?? [];
    const credentials = await em.find(
      DeviceCredential,
      {
        deviceId,
        ...(before === undefined ? {} : { id: { $lt: before } }),
        ...(query.kind === undefined ? {} : { kind: query.kind }),
      },
      { orderBy: { id: 'desc' }, limit: query.limit + 1 },
    );
    return pageOf(credentials, query.limit, ({ id }) => [id]);
  }

  /**
   * Ends a credential at every door within a second; again the same is no change.
   * @throws NotFoundError `DEVICE_NOT_FOUND`, `CREDENTIAL_NOT_FOUND`
   */
  async revoke(deviceId: string, credentialId: string): Promise<void> {
    const fingerprint = await this.transactions.run(async (tx) => {
      const device = await tx.em.findOne(Device, { id: deviceId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (device === null) throw deviceNotFound(deviceId);
      const credential = await tx.em.findOne(DeviceCredential, { id: credentialId, deviceId });
      if (credential === null) throw credentialNotFound();
      if (credential.revokedAt) return null;
      // A certificate also has to get onto the revocation list.
      if (credential.kind === 'certificate') return credential.lookup;
      credential.revokedAt = this.clock.now();
      await this.changes.record(tx, device, 'credentials_revoked');
      return null;
    });
    if (fingerprint !== null) await this.certificates.revoke(fingerprint, 'unspecified');
  }
}
