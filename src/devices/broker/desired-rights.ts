import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { SecretCipher } from '../../database/secret-cipher.js';
import { placeholders } from '../../database/sql.js';
import type { Transaction } from '../../database/transaction.js';
import { mqttUserName } from '../credentials/mqtt-user-name.js';
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
  /** Devices with a live MQTT credential that the broker cannot be told, since its password was not stored. */
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
  constructor(
    private readonly clock: Clock,
    private readonly cipher: SecretCipher,
  ) {}

  /** Of every device. */
  async all(tx: Transaction): Promise<DesiredRights> {
    const { rows } = await tx.query<Row>(`${SELECT} order by c.device_id`, [this.now(tx)]);
    return rightsOf(tx, rows);
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
    return rightsOf(tx, found);
  }

  /** The password of a client. @throws Error when `ENCRYPTION_KEY` is not the one that it was stored under */
  reveal = ({ username, sealedPassword }: DesiredClient): string => this.cipher.decrypt(sealedPassword ?? '', username);

  private now(tx: Transaction): string {
    return tx.dialect.instant(this.clock.nowMs());
  }
}

function rightsOf(tx: Transaction, rows: readonly Row[]): DesiredRights {
  const clients = new Map<string, DesiredClient[]>();
  const ends = new Map<string, { municipalityId: string; at: number }>();
  const unknown = new Set<string>();
  for (const row of rows) {
    const username = mqttUserName(row.device_id, row.id);
    // Users of earlier versions are called like their device, and their passwords are stored as hashes alone.
    if (row.kind === 'mqtt' && (row.secret_encrypted === null || row.lookup !== username)) unknown.add(row.device_id);
    const client = { username, kind: row.kind, sealedPassword: row.secret_encrypted };
    clients.set(row.device_id, [...(clients.get(row.device_id) ?? []), client]);
    if (row.expires_at === null) continue;
    const at = tx.dialect.epochMs(row.expires_at);
    if (at < (ends.get(row.device_id)?.at ?? Infinity)) {
      ends.set(row.device_id, { municipalityId: row.municipality_id, at });
    }
  }
  return { clients, ends, unknownPasswords: unknown.size };
}
