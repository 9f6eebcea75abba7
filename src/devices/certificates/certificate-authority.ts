import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { newId } from '../../common/ids.js';
import { AppConfig } from '../../config/app-config.js';
import type { Transaction } from '../../database/transaction.js';
import { mqttUserName } from '../credentials/mqtt-user-name.js';
import { DeviceCredential } from '../credentials/device-credential.entity.js';
import { BACKDATED_MS, type SigningAuthority } from './authority.js';
import { DEFAULT_VALIDITY_DAYS, type IssuedCertificateResponse } from './certificate.schemas.js';
import { DeviceAuthorities } from './device-authorities.js';
import { signDeviceCertificate } from './device-certificate.js';
import { DeviceCertificate } from './device-certificate.entity.js';
import { readSigningRequest } from './signing-request.js';
import {
  fingerprintOf,
  newKeyPair,
  newSerialNumber,
  pemOf,
  privateKeyPem,
  wholeSeconds,
  type KeyAlgorithm,
  type OwnKeyAlgorithm,
} from './x509.js';

const DAY_MS = 86_400_000;

/** What a certificate is asked for. */
export interface CertificateOrder {
  readonly deviceId: string;
  /** 365 unless given; cut where the authority ends before. */
  readonly validityDays?: number;
  /** PKCS #10 request; without one, a key is made. */
  readonly csrPem?: string;
  /** Of the key that is made; p256 unless given. */
  readonly algorithm?: OwnKeyAlgorithm;
}

/** A certificate that was signed, and is stored nowhere yet. */
export interface IssuedCertificate {
  /** Row of `device_credentials`. */
  readonly row: {
    readonly id: string;
    readonly deviceId: string;
    readonly kind: 'certificate';
    readonly lookup: string;
    readonly secretHash: null;
    readonly secretEncrypted: null;
    readonly expiresAt: Date;
  };
  readonly authorityId: string;
  readonly algorithm: KeyAlgorithm;
  readonly notBefore: Date;
  readonly certificatePem: string;
  /** Of a key that we made: shown once, kept nowhere. */
  readonly privateKeyPem?: string;
  readonly caPem: string;
  readonly fingerprint: string;
  readonly serialNumber: string;
  readonly expiresAt: Date;
}

/** Issues certificates of devices. */
@Injectable()
export class CertificateAuthority {
  constructor(
    private readonly authorities: DeviceAuthorities,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /**
   * Signs a certificate for a device. Stores nothing: {@link store} does that, in the caller's transaction. Makes a key and
   * asks the database, which is no work for a transaction.
   * @throws ValidationError for a signing request that is not accepted; UnavailableError `DEVICE_CA_UNAVAILABLE`
   */
  async issue(order: CertificateOrder): Promise<IssuedCertificate> {
    const key = await keyOf(order);
    const authority = await this.authorities.signing();
    const id = newId();
    const serialNumber = newSerialNumber();
    const { notBefore, notAfter } = this.validityOf(order, authority);
    const { crlUrl } = this.config.certificates;
    const certificate = await signDeviceCertificate(authority, {
      commonName: mqttUserName(order.deviceId, id),
      credentialId: id,
      serialNumber,
      notBefore,
      notAfter,
      publicKey: key.publicKey,
      crlUrl: crlUrl && `${crlUrl}?authority=${authority.generation}`,
    });
    const fingerprint = fingerprintOf(certificate);
    const lookup = { kind: 'certificate', lookup: fingerprint, secretHash: null, secretEncrypted: null } as const;
    return {
      row: { id, deviceId: order.deviceId, ...lookup, expiresAt: notAfter },
      authorityId: authority.id,
      algorithm: key.algorithm,
      notBefore,
      certificatePem: pemOf(certificate),
      privateKeyPem: key.privateKeyPem,
      caPem: authority.certificatePem,
      fingerprint,
      serialNumber,
      expiresAt: notAfter,
    };
  }

  /** Stores the certificate as a credential of its device, with what revocation lists need to know of it. */
  store(tx: Transaction, issued: IssuedCertificate, municipalityId: string): DeviceCertificate {
    const { row, fingerprint, serialNumber, algorithm, authorityId, notBefore, expiresAt } = issued;
    tx.em.create(DeviceCredential, row);
    return tx.em.create(DeviceCertificate, {
      fingerprint,
      credentialId: row.id,
      deviceId: row.deviceId,
      municipalityId,
      authorityId,
      serialNumber,
      algorithm,
      notBefore,
      notAfter: expiresAt,
    });
  }

  /** A certificate that lasts longer than its authority is refused by whoever checks both. */
  private validityOf(order: CertificateOrder, { certificate }: SigningAuthority): { notBefore: Date; notAfter: Date } {
    const now = this.clock.nowMs();
    const wanted = now + (order.validityDays ?? DEFAULT_VALIDITY_DAYS) * DAY_MS;
    return {
      notBefore: wholeSeconds(Math.max(now - BACKDATED_MS, certificate.notBefore.getTime())),
      notAfter: wholeSeconds(Math.min(wanted, certificate.notAfter.getTime())),
    };
  }
}

/** A certificate as it is handed over, once. */
export function toIssuedResponse(issued: IssuedCertificate): IssuedCertificateResponse {
  const { certificatePem, privateKeyPem: key, caPem, fingerprint, serialNumber, expiresAt } = issued;
  const secret = key === undefined ? {} : { privateKeyPem: key };
  return { certificatePem, ...secret, caPem, fingerprint, serialNumber, expiresAt: expiresAt.toISOString() };
}

interface OrderedKey {
  /** SPKI, DER. */
  readonly publicKey: Buffer;
  readonly algorithm: KeyAlgorithm;
  readonly privateKeyPem?: string;
}

async function keyOf({ csrPem, algorithm = 'p256' }: CertificateOrder): Promise<OrderedKey> {
  if (csrPem !== undefined) return readSigningRequest(csrPem);
  const keys = await newKeyPair(algorithm);
  const publicKey = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey));
  return { publicKey, algorithm, privateKeyPem: await privateKeyPem(keys.privateKey) };
}
