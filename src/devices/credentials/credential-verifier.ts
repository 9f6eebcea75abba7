import { Injectable } from '@nestjs/common';
import type { AuthenticatedDevice } from '../../auth/device-authenticator.js';
import { Clock } from '../../common/clock.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { Transactions } from '../../database/transaction.js';
import { CertificateVerifier } from '../certificates/certificate-verifier.js';
import { apiKeyPrefix } from './api-key.js';
import { CredentialUsage } from './credential-usage.js';
import { parseMqttUserName } from './mqtt-user-name.js';
import { MqttPasswords } from './mqtt-passwords.js';
import { matchesHash, NO_SECRET_HASH } from './secrets.js';

interface Row {
  id: string;
  secret_hash: string | null;
  expires_at: string | Date | null;
  revoked_at: string | Date | null;
  last_used_at: string | Date | null;
  device_id: string;
  municipality_id: string;
  device_status: string;
  municipality_status: string;
}

/** A name that no device has, since it is too short. */
const NO_USER = '-';

/**
 * Checks API keys and MQTT passwords. Unknown, wrong, expired and inactive are one answer (null) and one way: the same
 * statement and the same comparison, so that neither the answer nor its time tells which devices exist.
 */
@Injectable()
export class CredentialVerifier {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly usage: CredentialUsage,
    private readonly certificates: CertificateVerifier,
    private readonly passwords: MqttPasswords,
    private readonly clock: Clock,
  ) {}

  /** The device, when it is active and the key is one of its live ones. */
  async byApiKey(deviceId: string, apiKey: string): Promise<AuthenticatedDevice | null> {
    const row = await this.find('api_key', apiKeyPrefix(apiKey));
    const matches = matchesHash(apiKey, row?.secret_hash ?? NO_SECRET_HASH);
    return row?.device_id === deviceId && matches ? this.admit(row) : null;
  }

  /**
   * The device, when it is active and the password is the one of its live MQTT user.
   * @throws UnavailableError `BUSY` when too many ask at once
   */
  async byMqttPassword(username: string, password: string): Promise<AuthenticatedDevice | null> {
    const user = parseMqttUserName(username);
    const row = await this.find('mqtt', user === null ? NO_USER : username);
    // Names of earlier versions can be guessed; those that were revoked are in hands that should not have them.
    const isStranger = row === undefined || user?.credentialId == null || !this.isLive(row);
    const matches = await this.passwords.matches(username, password, row?.secret_hash ?? undefined, isStranger);
    if (row === undefined || !matches) return null;
    if (this.passwords.isOutdated(row.secret_hash!)) await this.renewHash(row, password);
    return this.admit(row);
  }

  /** The device that the certificate (PEM) was issued to, when it is active and the certificate is good. */
  byCertificate(pem: string): Promise<AuthenticatedDevice | null> {
    return this.certificates.verify(pem);
  }

  /** Asked every time: what was revoked is refused at once, at every instance. */
  private async find(kind: 'api_key' | 'mqtt', lookup: string): Promise<Row | undefined> {
    const { rows } = await this.transactions.query<Row>(
      `select c.id, c.secret_hash, c.expires_at, c.revoked_at, c.last_used_at, d.id as device_id, d.municipality_id,
         d.status as device_status, m.status as municipality_status
       from device_credentials c
       join devices d on d.id = c.device_id
       join municipalities m on m.id = d.municipality_id
       where c.kind = ? and c.lookup = ?`,
      [kind, lookup],
    );
    return rows[0];
  }

  /** A password of an earlier version gets the slow hash with its first use. */
  private async renewHash({ id, secret_hash: old }: Row, password: string): Promise<void> {
    const renewed = await this.passwords.hash(password);
    await this.transactions.query('update device_credentials set secret_hash = ? where id = ? and secret_hash = ?', [
      renewed,
      id,
      old,
    ]);
  }

  /** Whoever brought the right secret gets in if it and the device are live. */
  private admit(row: Row): AuthenticatedDevice | null {
    if (!this.isLive(row)) return null;
    this.usage.note(row.id, row.last_used_at === null ? null : this.dialect.epochMs(row.last_used_at));
    return { deviceId: row.device_id, municipalityId: row.municipality_id };
  }

  private isLive(row: Row): boolean {
    if (row.device_status !== 'active' || row.municipality_status !== 'active' || row.revoked_at !== null) return false;
    return row.expires_at === null || this.dialect.epochMs(row.expires_at) > this.clock.nowMs();
  }
}
