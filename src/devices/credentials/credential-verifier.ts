import { Injectable } from '@nestjs/common';
import { DeviceAuthenticator, type AuthenticatedDevice } from '../../auth/device-authenticator.js';
import { Clock } from '../../common/clock.js';
import { deviceIdSchema } from '../../common/validation/schemas.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { Transactions } from '../../database/transaction.js';
import { apiKeyPrefix } from './api-key.js';
import { CredentialUsage } from './credential-usage.js';
import { SignsOfLife } from '../heartbeat/signs-of-life.js';
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
export class CredentialVerifier extends DeviceAuthenticator {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly usage: CredentialUsage,
    private readonly signsOfLife: SignsOfLife,
    private readonly clock: Clock,
  ) {
    super();
  }

  /** The device, when it is active and the key is one of its live ones. It is then known to be alive. */
  override async authenticate(deviceId: string, apiKey: string): Promise<AuthenticatedDevice | null> {
    const device = await this.verify('api_key', apiKeyPrefix(apiKey), apiKey);
    if (device?.deviceId !== deviceId) return null;
    this.signsOfLife.note(device.deviceId, device.municipalityId, this.clock.nowMs());
    return device;
  }

  /** The device, when it is active and the password is the one of its live MQTT user. */
  byMqttPassword(username: string, password: string): Promise<AuthenticatedDevice | null> {
    const lookup = deviceIdSchema.safeParse(username).success ? username : NO_USER;
    return this.verify('mqtt', lookup, password);
  }

  private async verify(kind: 'api_key' | 'mqtt', lookup: string, secret: string): Promise<AuthenticatedDevice | null> {
    const { rows } = await this.transactions.query<Row>(
      `select c.id, c.secret_hash, c.expires_at, c.revoked_at, c.last_used_at, d.id as device_id, d.municipality_id,
         d.status as device_status, m.status as municipality_status
       from device_credentials c
       join devices d on d.id = c.device_id
       join municipalities m on m.id = d.municipality_id
       where c.kind = ? and c.lookup = ?`,
      [kind, lookup],
    );
    const row = rows[0];
    const matches = matchesHash(secret, row?.secret_hash ?? NO_SECRET_HASH);
    if (row === undefined || !matches || !this.isLive(row)) return null;
    this.usage.note(row.id, row.last_used_at === null ? null : this.dialect.epochMs(row.last_used_at));
    return { deviceId: row.device_id, municipalityId: row.municipality_id };
  }

  private isLive(row: Row): boolean {
    if (row.device_status !== 'active' || row.municipality_status !== 'active' || row.revoked_at !== null) return false;
    return row.expires_at === null || this.dialect.epochMs(row.expires_at) > this.clock.nowMs();
  }
}
