import { EntityManager, LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../common/clock.js';
import { pageOf, startAfter, type Page } from '../../common/pagination/page.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { tooManyCredentials } from '../credentials/credential.errors.js';
import { DeviceCredential } from '../credentials/device-credential.entity.js';
import { DeviceChanges } from '../device-changes.js';
import { Device } from '../device.entity.js';
import { deviceNotFound } from '../device.errors.js';
import { CertificateAuthority, type IssuedCertificate } from './certificate-authority.js';
import { certificateNotFound } from './certificate.errors.js';
import type { GenerateCertificate, ListCertificates } from './certificate.schemas.js';
import { DeviceCertificate } from './device-certificate.entity.js';
import type { RevocationReason } from './revocation-reason.js';

/** Live certificates of a device; of its other credentials there may be as many of each kind. */
const MAX_LIVE = 10;

const cursorSchema = z.tuple([z.guid()]);

/** A certificate and the credential that says whether it is live; null when that went with its device. */
export interface CertificateOfDevice {
  readonly certificate: DeviceCertificate;
  readonly credential: DeviceCredential | null;
}

/** Issues, revokes and lists the certificates of devices. */
@Injectable()
export class CertificatesService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly authority: CertificateAuthority,
    private readonly changes: DeviceChanges,
    private readonly clock: Clock,
  ) {}

  /**
   * A new certificate for a device. Those before it live on until they expire, or for `overlapSeconds` at most.
   * @throws NotFoundError `DEVICE_NOT_FOUND`; ConflictError `TOO_MANY_CREDENTIALS`; ValidationError for a signing request
   *   that is not accepted; UnavailableError `DEVICE_CA_UNAVAILABLE`
   */
  async generate({ overlapSeconds, ...order }: GenerateCertificate): Promise<IssuedCertificate> {
    // Before a key is made, which takes its time.
    if ((await this.em.fork().count(Device, { id: order.deviceId })) === 0) throw deviceNotFound(order.deviceId);
    const issued = await this.authority.issue(order);
    return this.transactions.run(async (tx) => {
      const device = await lockDevice(tx, order.deviceId);
      if (device === null) throw deviceNotFound(order.deviceId);
      if (overlapSeconds !== 0) await this.checkNumber(tx, device.id);
      if (overlapSeconds !== undefined) await this.endOthers(tx, device.id, overlapSeconds);
      this.authority.store(tx, issued, device.municipalityId);
      await this.changes.record(tx, device, overlapSeconds === undefined ? 'credentials_added' : 'credentials_rotated');
      return issued;
    });
  }

  /**
   * Ends a certificate at every door within a second; again the same is no change.
   * @throws NotFoundError `CERTIFICATE_NOT_FOUND`
   */
  revoke(fingerprint: string, reason: RevocationReason): Promise<CertificateOfDevice> {
    return this.transactions.run(async (tx) => {
      const found = await tx.em.findOne(DeviceCertificate, { fingerprint }, { fields: ['deviceId'] });
      if (found === null) throw certificateNotFound();
      const device = await lockDevice(tx, found.deviceId);
      const certificate = await tx.em.findOneOrFail(DeviceCertificate, { fingerprint }, { refresh: true });
      const credential = await tx.em.findOne(DeviceCredential, { id: certificate.credentialId });
      if (device === null || certificate.revokedAt) return { certificate, credential };
      certificate.revokedAt = credential?.revokedAt ?? this.clock.now();
      certificate.revocationReason = reason;
      if (credential !== null) credential.revokedAt = certificate.revokedAt;
      await this.changes.record(tx, device, 'credentials_revoked');
      return { certificate, credential };
    });
  }

  /** The credential of a certificate that there is. */
  credentialOf(fingerprint: string): Promise<DeviceCredential> {
    return this.em.fork().findOneOrFail(DeviceCredential, { kind: 'certificate', lookup: fingerprint });
  }

  /** The certificates of a device, the oldest first. @throws NotFoundError `DEVICE_NOT_FOUND` */
  async list(deviceId: string, query: ListCertificates): Promise<Page<CertificateOfDevice>> {
    const em = this.em.fork();
    if ((await em.count(Device, { id: deviceId })) === 0) throw deviceNotFound(deviceId);
    const [after] = startAfter(query, cursorSchema) ?? [];
    const certificates = await em.find(
      DeviceCertificate,
      { deviceId, ...(after === undefined ? {} : { credentialId: { $gt: after } }) },
      { orderBy: { credentialId: 'asc' }, limit: query.limit + 1 },
    );
    const ids = certificates.map(({ credentialId }) => credentialId);
    const credentials = await em.find(DeviceCredential, { id: { $in: ids } });
    const byId = new Map(credentials.map((credential) => [credential.id, credential]));
    const items = certificates.map((certificate) => {
      return { certificate, credential: byId.get(certificate.credentialId) ?? null };
    });
    return pageOf(items, query.limit, ({ certificate }) => [certificate.credentialId]);
  }

  /** The broker holds a client for each live one, and each costs it time with every change. */
  private async checkNumber(tx: Transaction, deviceId: string): Promise<void> {
    const live = await tx.em.count(DeviceCredential, {
      deviceId,
      kind: 'certificate',
      revokedAt: null,
      $or: [{ expiresAt: null }, { expiresAt: { $gt: this.clock.now() } }],
    });
    if (live >= MAX_LIVE) throw tooManyCredentials(MAX_LIVE);
  }

  /** Leaves the certificates of the device no longer than the overlap; without one, they are revoked. */
  private async endOthers(tx: Transaction, deviceId: string, overlapSeconds: number): Promise<void> {
    const now = this.clock.now();
    const end = new Date(now.getTime() + overlapSeconds * 1000);
    const live = { deviceId, kind: 'certificate' as const, revokedAt: null };
    for (const credential of await tx.em.find(DeviceCredential, live)) {
      if (overlapSeconds === 0) {
        credential.revokedAt = now;
        await markRevoked(tx, { credentialId: credential.id }, now, 'superseded');
      } else if (!credential.expiresAt || credential.expiresAt > end) credential.expiresAt = end;
    }
  }
}

/** Puts all certificates of a device that is about to be deleted on the revocation list. */
export function endCertificatesOf(tx: Transaction, deviceId: string, now: Date): Promise<void> {
  return markRevoked(tx, { deviceId }, now, 'cessation_of_operation');
}

async function markRevoked(
  tx: Transaction,
  which: { readonly deviceId: string } | { readonly credentialId: string },
  now: Date,
  reason: RevocationReason,
): Promise<void> {
  for (const certificate of await tx.em.find(DeviceCertificate, { ...which, revokedAt: null })) {
    certificate.revokedAt = now;
    certificate.revocationReason = reason;
  }
}

/** Changes of one device's credentials come one after the other. */
function lockDevice(tx: Transaction, id: string): Promise<Device | null> {
  return tx.em.findOne(Device, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
}
