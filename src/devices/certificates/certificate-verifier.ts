import { X509Certificate as NodeCertificate } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { AuthenticatedDevice } from '../../auth/device-authenticator.js';
import { Clock } from '../../common/clock.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { Transactions } from '../../database/transaction.js';
import { CredentialUsage } from '../credentials/credential-usage.js';
import { mqttUserName } from '../credentials/mqtt-user-name.js';
import type { Authority } from './authority.js';
import { MAX_PEM_LENGTH } from './certificate.schemas.js';
import { DeviceAuthorities } from './device-authorities.js';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate,
} from './x509.js';

interface Row {
  id: string;
  expires_at: string | Date | null;
  revoked_at: string | Date | null;
  certificate_revoked_at: string | Date | null;
  last_used_at: string | Date | null;
  device_id: string;
  municipality_id: string;
  device_status: string;
  municipality_status: string;
}

/** A certificate, taken apart by two libraries. */
interface Presented {
  readonly fingerprint: string;
  readonly node: NodeCertificate;
  readonly certificate: X509Certificate;
}

/** What is looked for when there is no certificate to speak of: no fingerprint, and the same question. */
const NO_FINGERPRINT = '-';

/**
 * Checks client certificates of devices. That their key is at hand was proved to whoever ended the TLS connection.
 * Unknown, foreign, expired, revoked and inactive are one answer (null) and one way.
 */
@Injectable()
export class CertificateVerifier {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly authorities: DeviceAuthorities,
    private readonly usage: CredentialUsage,
    private readonly clock: Clock,
  ) {}

  /** The device that the certificate (PEM) was issued to, when it is active and the certificate is good. */
  async verify(pem: string): Promise<AuthenticatedDevice | null> {
    const presented = read(pem);
    const row = await this.find(presented?.fingerprint ?? NO_FINGERPRINT);
    const trusted = await this.authorities.trusted();
    if (presented === null) return null;
    // Looked at before it is known whether there is a row: the time is not to tell which certificates are ours.
    const good = [isSignedByOneOf(trusted, presented), isForClients(presented), this.isInTime(presented)];
    if (row === undefined || good.includes(false)) return null;
    if (presented.node.subject !== `CN=${mqttUserName(row.device_id, row.id)}` || !this.isLive(row)) return null;
    this.usage.note(row.id, row.last_used_at === null ? null : this.dialect.epochMs(row.last_used_at));
    return { deviceId: row.device_id, municipalityId: row.municipality_id };
  }

  private async find(fingerprint: string): Promise<Row | undefined> {
    const { rows } = await this.transactions.query<Row>(
      `select k.id, k.expires_at, k.revoked_at, k.last_used_at, c.revoked_at as certificate_revoked_at,
         d.id as device_id, d.municipality_id, d.status as device_status, m.status as municipality_status
       from device_credentials k
       join device_certificates c on c.credential_id = k.id
       join devices d on d.id = k.device_id
       join municipalities m on m.id = d.municipality_id
       where k.kind = 'certificate' and k.lookup = ?`,
      [fingerprint],
    );
    return rows[0];
  }

  private isInTime({ certificate }: Presented): boolean {
    const now = this.clock.now();
    return certificate.notBefore <= now && now < certificate.notAfter;
  }

  private isLive(row: Row): boolean {
    if (row.device_status !== 'active' || row.municipality_status !== 'active') return false;
    if (row.revoked_at !== null || row.certificate_revoked_at !== null) return false;
    return row.expires_at === null || this.dialect.epochMs(row.expires_at) > this.clock.nowMs();
  }
}

function read(pem: string): Presented | null {
  if (pem.length > MAX_PEM_LENGTH) return null;
  try {
    const node = new NodeCertificate(pem);
    const certificate = new X509Certificate(new Uint8Array(node.raw));
    return { fingerprint: node.fingerprint256.replaceAll(':', '').toLowerCase(), node, certificate };
  } catch {
    return null;
  }
}

function isSignedByOneOf(authorities: readonly Authority[], { node }: Presented): boolean {
  return authorities.some(({ certificatePem, publicKey }) => {
    return node.checkIssued(new NodeCertificate(certificatePem)) && node.verify(publicKey);
  });
}

/** RFC 5280, 4.2.1.3, 4.2.1.9 and 4.2.1.12: no authority, signs in, as a client. */
function isForClients({ certificate }: Presented): boolean {
  const usages = certificate.getExtension(KeyUsagesExtension)?.usages ?? 0;
  const signs = (usages & KeyUsageFlags.digitalSignature) !== 0;
  const authority = certificate.getExtension(BasicConstraintsExtension)?.ca ?? false;
  const purposes = certificate.getExtension(ExtendedKeyUsageExtension)?.usages ?? [];
  return !authority && signs && purposes.includes(ExtendedKeyUsage.clientAuth);
}
