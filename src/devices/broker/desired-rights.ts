import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { SecretCipher } from '../../database/secret-cipher.js';
import { placeholders } from '../../database/sql.js';
import type { Transaction } from '../../database/transaction.js';
import { mqttUserName } from '../credentials/mqtt-user-name.js';
import { PlatformUser } from './platform-user.js';
import type { DesiredClient } from './rights-diff.js';

interface Row {
  id: string;
  device_id: string;
  municipality_id: string;
  kind: 'mqtt' | 'certificate';
  lookup: string;
  secret_encrypted: string | null;
  expires_at: string | Date | null;
}

/** What the broker has to know, as the database says it at one moment. */
export interface DesiredRights {
  /** Live credentials of active devices. */
  readonly clients: ReadonlyMap<string, readonly DesiredClient[]>;
  /** Device → the next moment at which one of its credentials ends by itself. */
  readonly ends: ReadonlyMap<string, { readonly municipalityId: string; readonly at: number }>;
  /** Devices with a live MQTT credential that the broker cannot be told, since its password is not stored or not readable. */
  readonly unknownPasswords: number;
}

const CHUNK = 1_000;
const SELECT = `select c.id, c.device_id, d.municipality_id, c.kind, c.lookup, c.secret_encrypted, c.expires_at
  from device_credentials c
  join devices d on d.id = c.device_id
  join municipalities m on m.id = d.municipality_id
  where c.kind in ('mqtt', 'certificate') and c.revoked_at is null and (c.expires_at is null or c.expires_at > ?)
    and d.status = 'active' and m.status = 'active'`;

/** Reads which clients the broker has to have: of all municipalities, since the broker is one for all of them. */
@Injectable()
export class DesiredRightsReader {
  private readonly logger = new Logger('BrokerRights');
  /** What has been said once is not said again with every turn. */
  private readonly said = new Set<string>();

  constructor(
    private readonly clock: Clock,
    private readonly cipher: SecretCipher,
    private readonly platform: PlatformUser,
  ) {}

  /** Of every device. */
  async all(tx: Transaction): Promise<DesiredRights> {
    const { rows } = await tx.query<Row>(`${SELECT} order by c.device_id`, [this.now(tx)]);
    return this.rightsOf(tx, rows);
  }

  /** Of some devices. */
  async of(tx: Transaction, deviceIds: readonly string[]): Promise<DesiredRights> {
    const found: Row[] = [];
    for (let from = 0; from < deviceIds.length; from += CHUNK) {
      const ids = deviceIds.slice(from, from + CHUNK);
      const { rows } = await tx.query<Row>(`${SELECT} and c.device_id in ${placeholders(ids.length)}`, [
        this.now(tx),
        ...ids,
      ]);
      found.push(...rows);
    }
    return this.rightsOf(tx, found);
  }

  private now(tx: Transaction): string {
    return tx.dialect.instant(this.clock.nowMs());
  }

  private rightsOf(tx: Transaction, rows: readonly Row[]): DesiredRights {
    const clients = new Map<string, DesiredClient[]>();
    const ends = new Map<string, { municipalityId: string; at: number }>();
    const unknown = new Set<string>();
    for (const row of rows) {
      if (this.isReserved(row.device_id)) continue;
      const client = this.clientOf(row);
      if (row.kind === 'mqtt' && client.password === null) unknown.add(row.device_id);
      clients.set(row.device_id, [...(clients.get(row.device_id) ?? []), client]);
      if (row.expires_at === null) continue;
      const at = tx.dialect.epochMs(row.expires_at);
      if (at < (ends.get(row.device_id)?.at ?? Infinity)) {
        ends.set(row.device_id, { municipalityId: row.municipality_id, at });
      }
    }
    return { clients, ends, unknownPasswords: unknown.size };
  }

  /** Registered before such ids were refused: as the client id of a device it would end the platform's own session. */
  private isReserved(deviceId: string): boolean {
    if (!this.platform.ownsClientId(deviceId)) return false;
    this.sayOnce(deviceId, `${deviceId} gets no rights: its id is kept for the platform, register it under another`);
    return true;
  }

  private clientOf({ id, device_id: deviceId, kind, lookup, secret_encrypted: sealed }: Row): DesiredClient {
    const username = mqttUserName(deviceId, id);
    // Users of earlier versions are called like their device, and their passwords are stored as hashes alone.
    const isStored = kind === 'mqtt' && lookup === username && sealed !== null;
    return { username, kind, password: isStored ? this.open(username, sealed) : null };
  }

  /** One that cannot be read is one that is not known: the others, and above all revocations, do not wait for it. */
  private open(username: string, sealed: string): string | null {
    try {
      return this.cipher.decrypt(sealed, username);
    } catch {
      this.sayOnce(
        username,
        `the MQTT password of ${username} cannot be read; was it stored under another ENCRYPTION_KEY?`,
      );
      return null;
    }
  }

  private sayOnce(about: string, message: string): void {
    if (this.said.has(about)) return;
    this.said.add(about);
    this.logger.warn(message);
  }
}
