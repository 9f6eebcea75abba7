import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { AppConfig } from '../../config/app-config.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { RegistryVersion } from '../../database/registry-version.js';
import { SecretCipher } from '../../database/secret-cipher.js';
import { Transactions } from '../../database/transaction.js';
import { authorityOf, makeAuthority, YEAR_MS, type Authority, type SigningAuthority } from './authority.js';
import { authorityUnavailable } from './certificate.errors.js';
import { MAX_VALIDITY_DAYS } from './certificate.schemas.js';
import { DeviceAuthority } from './device-authority.entity.js';
import { fingerprintOf, importSigningKey, X509Certificate, type CryptoKey } from './x509.js';

const DAY_MS = 86_400_000;
/** Brokers get to know a new authority this long before it signs. */
const PUBLISHED_AHEAD_MS = 30 * DAY_MS;
/** Somebody else made the same at once at most this often. */
const MAX_ATTEMPTS = 10;
/** Before this much is left, the log says that the authority ends. */
const WARN_BEFORE_MS = YEAR_MS / 2;

/**
 * The authorities for devices' certificates. The first is made when it is first needed, once for all instances, its key
 * encrypted in the database; or they are brought in files. What signed before stays trusted until it ends.
 */
@Injectable()
export class DeviceAuthorities {
  private readonly logger = new Logger(DeviceAuthorities.name);
  private known: Promise<readonly Authority[]> | undefined;

  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly cipher: SecretCipher,
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly registryVersion: RegistryVersion,
  ) {
    registryVersion.onChange(() => (this.known = undefined));
  }

  /** Those whose certificates are accepted now, the one that signs first. */
  async trusted(): Promise<readonly Authority[]> {
    const valid = (await this.all()).filter(({ certificate }) => certificate.notAfter > this.clock.now());
    const first = this.signerOf(valid);
    return first === undefined ? valid : [first, ...valid.filter((authority) => authority !== first)];
  }

  /** The one that signs now. @throws UnavailableError `DEVICE_CA_UNAVAILABLE` */
  async signing(): Promise<SigningAuthority> {
    const [first] = await this.trusted();
    const { signingKey } = first ?? {};
    if (first === undefined || !signingKey || first.signsFrom > this.clock.now()) throw authorityUnavailable();
    return { ...first, signingKey };
  }

  /**
   * Makes the successor of an own authority that could no longer sign a certificate of the longest validity, so that it
   * is known everywhere before it is needed; and says in the log which authority ends soon.
   */
  async prepareNext(): Promise<void> {
    const now = this.clock.nowMs();
    for (const { certificate } of await this.trusted()) {
      if (certificate.notAfter.getTime() - now < WARN_BEFORE_MS) {
        this.logger.warn(`the authority ${certificate.subject} ends at ${certificate.notAfter.toISOString()}`);
      }
    }
    if (this.config.certificates.authorities.length > 0) return;
    const newest = (await this.all()).findLast(({ own }) => own);
    if (newest === undefined || newest.certificate.notAfter.getTime() - now > MAX_VALIDITY_DAYS * DAY_MS) return;
    await this.make(newest.generation + 1, new Date(now + PUBLISHED_AHEAD_MS));
  }

  /** A brought one wins over our own; of our own, the newest that may sign already. */
  private signerOf(authorities: readonly Authority[]): Authority | undefined {
    const [brought] = this.config.certificates.authorities;
    if (brought !== undefined) {
      const id = fingerprintOf(new X509Certificate(brought.certificatePem));
      return authorities.find((authority) => authority.id === id);
    }
    return authorities.findLast(({ own, signsFrom }) => own && signsFrom <= this.clock.now());
  }

  /** All that are in use or were, the oldest first. */
  private async all(): Promise<readonly Authority[]> {
    const reading = (this.known ??= this.findOrMake());
    try {
      return await reading;
    } catch (error) {
      if (this.known === reading) this.known = undefined;
      throw error;
    }
  }

  private async findOrMake(): Promise<readonly Authority[]> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const rows = await this.transactions.run(({ em }) =>
        em.find(DeviceAuthority, {}, { orderBy: { generation: 'asc' } }),
      );
      const next = (rows.at(-1)?.generation ?? 0) + 1;
      const missing = this.config.certificates.authorities.find(
        ({ certificatePem }) => !rows.some(({ id }) => id === fingerprintOf(new X509Certificate(certificatePem))),
      );
      const usable = rows.some(({ privateKeyEncrypted }) => privateKeyEncrypted !== null);
      if (missing !== undefined) await this.store(missing.certificatePem, null, next, this.clock.now());
      else if (this.config.certificates.authorities.length === 0 && !usable) await this.make(next, this.clock.now());
      else return (await Promise.all(rows.map((row) => this.open(row)))).filter((one) => one !== null);
    }
    throw authorityUnavailable();
  }

  /** Null for one that was brought and is in the files no more: whoever took it out trusts it no longer. */
  private async open(row: DeviceAuthority): Promise<Authority | null> {
    const { certificatePem, generation, signsFrom, privateKeyEncrypted } = row;
    const brought = this.config.certificates.authorities.find(
      (one) => fingerprintOf(new X509Certificate(one.certificatePem)) === row.id,
    );
    if (brought === undefined && !privateKeyEncrypted) return null;
    const known = { generation, signsFrom, own: brought === undefined };
    if (brought !== undefined) {
      return authorityOf(certificatePem, { ...known, signingKey: await importSigningKey(brought.privateKeyPem) });
    }
    return authorityOf(certificatePem, { ...known, signingKey: await this.decrypt(row.id, privateKeyEncrypted!) });
  }

  private async decrypt(id: string, encrypted: string): Promise<CryptoKey | null> {
    try {
      return await importSigningKey(this.cipher.decrypt(encrypted, ownerOf(id)));
    } catch {
      this.logger.error('the key of the authority for device certificates is under another ENCRYPTION_KEY');
      return null;
    }
  }

  private async make(generation: number, signsFrom: Date): Promise<void> {
    const made = await makeAuthority(this.config.certificates.ownAlgorithm, this.clock.nowMs());
    await this.store(
      made.certificatePem,
      this.cipher.encrypt(made.privateKeyPem, ownerOf(made.id)),
      generation,
      signsFrom,
    );
  }

  /** Of several instances that store one at once one wins; what the others made is forgotten. */
  private async store(pem: string, encrypted: string | null, generation: number, signsFrom: Date): Promise<void> {
    const id = fingerprintOf(new X509Certificate(pem));
    try {
      await this.transactions.run(async (tx) => {
        const values = { id, generation, certificatePem: pem, privateKeyEncrypted: encrypted, signsFrom };
        tx.em.create(DeviceAuthority, values);
        await tx.em.flush();
        await this.registryVersion.bump(tx);
      });
    } catch (error) {
      if (this.dialect.violatedKey(error) === null) throw error;
    }
  }
}

const ownerOf = (id: string): string => `device authority ${id}`;
