import { LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { CertificatesService } from '../certificates/certificates.service.js';
import { DeviceChanges } from '../device-changes.js';
import { Device } from '../device.entity.js';
import { deviceNotFound } from '../device.errors.js';
import { CredentialIssuer, type Issue } from './credential-issuer.js';
import { tooManyCredentials } from './credential.errors.js';
import type { IssuedCredentials } from './credential.schemas.js';
import { DeviceCredential, type CredentialKind } from './device-credential.entity.js';
import { toIssuedResponse } from '../certificates/certificate-authority.js';

/** A new credential, whose secret is shown once, and until when those before it work. */
export interface AddedCredential {
  readonly credential: DeviceCredential;
  readonly credentials: IssuedCredentials;
  /** Null: those before it were left as they are. */
  readonly previousValidUntil: Date | null;
}

/** A new API key, shown once, and until when the ones before it work. */
export interface RotatedApiKey {
  readonly deviceId: string;
  readonly apiKey: string;
  readonly previousKeysValidUntil: Date;
}

/** Live credentials of one kind: every signature is tried with every live key. */
const MAX_LIVE = 10;

/** Gives devices new secrets. */
@Injectable()
export class CredentialRotationService {
  constructor(
    private readonly transactions: Transactions,
    private readonly issuer: CredentialIssuer,
    private readonly certificates: CertificatesService,
    private readonly changes: DeviceChanges,
    private readonly clock: Clock,
  ) {}

  /**
   * Issues another credential. With `overlapSeconds`, those of its kind that live now live on for that long at most;
   * without, they stay as they are.
   * @throws NotFoundError `DEVICE_NOT_FOUND`; ConflictError `TOO_MANY_CREDENTIALS`; UnavailableError `BUSY`,
   *   `DEVICE_CA_UNAVAILABLE`
   */
  async add(deviceId: string, kind: CredentialKind, overlapSeconds?: number): Promise<AddedCredential> {
    if (kind === 'certificate') return this.addCertificate(deviceId, overlapSeconds);
    const issue = await this.issuer.issue(deviceId, new Set([kind]));
    return this.transactions.run((tx) => this.store(tx, issue, { deviceId, kind, overlapSeconds }));
  }

  /**
   * Issues a new API key; keys that live now live on for `overlapSeconds` at most.
   * @throws NotFoundError `DEVICE_NOT_FOUND`
   */
  async refreshApiKey(deviceId: string, overlapSeconds: number): Promise<RotatedApiKey> {
    const { credentials, previousValidUntil } = await this.add(deviceId, 'api_key', overlapSeconds);
    return { deviceId, apiKey: credentials.apiKey!, previousKeysValidUntil: previousValidUntil! };
  }

  private async store(
    tx: Transaction,
    issue: Issue,
    { deviceId, kind, overlapSeconds }: { deviceId: string; kind: CredentialKind; overlapSeconds?: number },
  ): Promise<AddedCredential> {
    // The device's row is locked, so that of two rotations at once one sees and ends the credential of the other.
    const device = await tx.em.findOne(Device, { id: deviceId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (device === null) throw deviceNotFound(deviceId);
    const now = this.clock.now();
    const stored = await tx.em.find(DeviceCredential, { deviceId, kind, revokedAt: null });
    const live = stored.filter(({ expiresAt }) => !expiresAt || expiresAt > now);
    const end = overlapSeconds === undefined ? null : new Date(now.getTime() + overlapSeconds * 1000);
    if (overlapSeconds !== 0 && live.length >= MAX_LIVE) throw tooManyCredentials(MAX_LIVE);
    for (const credential of live) {
      if (overlapSeconds === 0) credential.revokedAt = now;
      else if (end !== null && (!credential.expiresAt || credential.expiresAt > end)) credential.expiresAt = end;
    }
    this.issuer.store(tx, issue, device.municipalityId);
    await this.changes.record(tx, device, end === null ? 'credentials_added' : 'credentials_rotated');
    const credential = await tx.em.findOneOrFail(DeviceCredential, { id: issue.rows[0]!.id });
    return { credential, credentials: issue.issued, previousValidUntil: end };
  }

  private async addCertificate(deviceId: string, overlapSeconds: number | undefined): Promise<AddedCredential> {
    const before = this.clock.nowMs();
    const issued = await this.certificates.generate({ deviceId, overlapSeconds });
    const credential = await this.certificates.credentialOf(issued.fingerprint);
    const previousValidUntil = overlapSeconds === undefined ? null : new Date(before + overlapSeconds * 1000);
    return { credential, credentials: { certificate: toIssuedResponse(issued) }, previousValidUntil };
  }
}
