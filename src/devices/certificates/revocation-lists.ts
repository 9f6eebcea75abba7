import { createHash } from 'node:crypto';
import { LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { RegistryVersion } from '../../database/registry-version.js';
import { Transactions } from '../../database/transaction.js';
import type { Authority, SigningAuthority } from './authority.js';
import { authorityNotFound, authorityUnavailable } from './certificate.errors.js';
import { crlPem, CRL_VALID_MS, signRevocationList, type Revocation } from './crl.js';
import { DeviceAuthorities } from './device-authorities.js';
import { DeviceAuthority } from './device-authority.entity.js';
import type { RevocationReason } from './revocation-reason.js';

const DAY_MS = 86_400_000;
/** A list that says the same as the one before is made anew this often, so that it never comes near its end. */
const REMAKE_AFTER_MS = DAY_MS;
/** How long an instance hands out a list without asking the database; a revocation ends that at once. */
const CACHED_MS = 60_000;

interface Row {
  serial_number: string;
  revocation_reason: RevocationReason | null;
  revoked_at: string | Date | null;
  credential_revoked_at: string | Date | null;
  expires_at: string | Date | null;
  created_at: string | Date;
}

interface MadeList {
  readonly list: Promise<Buffer>;
  /** Epoch milliseconds. */
  readonly until: number;
}

/** Makes the revocation lists of the authorities: for brokers and proxies, which do not ask our database. */
@Injectable()
export class RevocationLists {
  private readonly made = new Map<string, MadeList>();

  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly authorities: DeviceAuthorities,
    private readonly clock: Clock,
    registryVersion: RegistryVersion,
  ) {
    registryVersion.onChange(() => this.made.clear());
  }

  /** The lists of all authorities that are trusted, one after the other: a broker wants one for each. */
  async pem(): Promise<string> {
    const authorities = await this.authorities.trusted();
    const lists = await Promise.all(authorities.map((authority) => this.of(authority)));
    return lists.map(crlPem).join('');
  }

  /**
   * The list of one authority (DER), by default of the one that signs now.
   * @throws NotFoundError `DEVICE_CA_NOT_FOUND`; UnavailableError `DEVICE_CA_UNAVAILABLE`
   */
  async der(generation?: number): Promise<Buffer> {
    const authorities = await this.authorities.trusted();
    const authority =
      generation === undefined ? authorities[0] : authorities.find((one) => one.generation === generation);
    if (authority === undefined) throw authorityNotFound();
    return this.of(authority);
  }

  private of(authority: Authority): Promise<Buffer> {
    const { signingKey } = authority;
    if (signingKey === null) return Promise.reject(authorityUnavailable());
    const now = this.clock.nowMs();
    const known = this.made.get(authority.id);
    if (known !== undefined && known.until > now) return known.list;
    const made = { list: this.make({ ...authority, signingKey }), until: now + CACHED_MS };
    this.made.set(authority.id, made);
    made.list.catch(() => {
      if (this.made.get(authority.id) === made) this.made.delete(authority.id);
    });
    return made.list;
  }

  private async make(authority: SigningAuthority): Promise<Buffer> {
    const revocations = await this.read(authority.id);
    const digest = createHash('sha256').update(JSON.stringify(revocations)).digest('hex');
    return signRevocationList(authority, { ...(await this.number(authority.id, digest)), revocations });
  }

  /** The number of a list with this content: all instances give the same one, and a later list has a higher one. */
  private number(authorityId: string, digest: string): Promise<{ number: number; madeAt: Date }> {
    return this.transactions.run(async ({ em }) => {
      const lock = { lockMode: LockMode.PESSIMISTIC_WRITE };
      const row = await em.findOneOrFail(DeviceAuthority, { id: authorityId }, lock);
      const now = this.clock.now();
      const age = now.getTime() - (row.crlMadeAt?.getTime() ?? 0);
      if (row.crlDigest !== digest || row.crlMadeAt === null || age > REMAKE_AFTER_MS) {
        row.crlNumber++;
        row.crlDigest = digest;
        row.crlMadeAt = now;
        await em.flush();
      }
      return { number: row.crlNumber, madeAt: row.crlMadeAt! };
    });
  }

  /**
   * What ended before its time: revoked, cut short by a renewal, revoked as a credential of its device, or deleted with
   * it. A certificate that has ended by itself needs no list, but stays on it for one round, as RFC 5280 (3.3) wants.
   */
  private async read(authorityId: string): Promise<Revocation[]> {
    const now = this.clock.nowMs();
    const { rows } = await this.transactions.query<Row>(
      `select c.serial_number, c.revocation_reason, c.revoked_at, c.created_at, k.revoked_at as credential_revoked_at,
         k.expires_at
       from device_certificates c left join device_credentials k on k.id = c.credential_id
       where c.authority_id = ? and c.not_after > ?
         and (c.revoked_at is not null or k.revoked_at is not null or k.id is null
           or (k.expires_at <= ? and k.expires_at < c.not_after))
       order by c.serial_number`,
      [authorityId, this.dialect.instant(now - CRL_VALID_MS), this.dialect.instant(now)],
    );
    return rows.map((row) => this.revocationOf(row));
  }

  private revocationOf(row: Row): Revocation {
    const revoked = row.revoked_at ?? row.credential_revoked_at;
    const ended = revoked ?? row.expires_at;
    const reason = row.revocation_reason ?? (revoked === null && ended !== null ? 'superseded' : 'unspecified');
    return { serialNumber: row.serial_number, at: this.dialect.epochMs(ended ?? row.created_at), reason };
  }
}
