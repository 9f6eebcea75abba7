import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { RegistryVersion } from '../../database/registry-version.js';
import { Transactions } from '../../database/transaction.js';
import { parseMqttUserName } from '../credentials/mqtt-user-name.js';

interface Row {
  kind: 'mqtt' | 'certificate';
  expires_at: string | Date | null;
}

/** What is remembered of a user name: when it ends (epoch ms; 0 for one that is none), and how it is proved. */
interface Known {
  readonly end: number;
  readonly kind: 'mqtt' | 'certificate' | null;
}

/** Above this many users the memory is dropped and filled anew. */
const MAX_REMEMBERED = 200_000;

/** Knows which MQTT users are live, in memory: a broker asks again with every topic. */
@Injectable()
export class MqttUsers {
  private readonly known = new Map<string, Known>();
  private generation = 0;

  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly clock: Clock,
    registryVersion: RegistryVersion,
  ) {
    registryVersion.onChange(() => {
      this.forget();
    });
  }

  /** Whether the user name is of a live credential. Says nothing about whether the device is active. */
  async isLive(username: string): Promise<boolean> {
    return (await this.endOf(username)) > this.clock.nowMs();
  }

  /** When the credential of a user name ends, epoch ms: 0 when there is none, Infinity for one without an end. */
  async endOf(username: string): Promise<number> {
    return (this.known.get(username) ?? (await this.load(username))).end;
  }

  /** Whether it is a certificate that proves the name. */
  async isCertificate(username: string): Promise<boolean> {
    return (this.known.get(username) ?? (await this.load(username))).kind === 'certificate';
  }

  private async load(username: string): Promise<Known> {
    const user = parseMqttUserName(username);
    if (user === null) return { end: 0, kind: null };
    const generation = this.generation;
    // A client certificate carries the same name, and its row is found by its fingerprint: so by id where there is one.
    const [condition, key] = user.credentialId === null ? ['lookup = ?', username] : ['id = ?', user.credentialId];
    const { rows } = await this.transactions.query<Row>(
      `select kind, expires_at from device_credentials
       where kind in ('mqtt', 'certificate') and device_id = ? and ${condition} and revoked_at is null`,
      [user.deviceId, key],
    );
    const ends = rows.map((row) => (row.expires_at === null ? Infinity : this.dialect.epochMs(row.expires_at)));
    const known = { end: Math.max(0, ...ends), kind: rows[0]?.kind ?? null };
    if (generation === this.generation) this.known.set(username, known);
    if (this.known.size > MAX_REMEMBERED) this.forget();
    return known;
  }

  private forget(): void {
    this.generation++;
    this.known.clear();
  }
}
