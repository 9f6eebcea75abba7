import { createSecretKey, type KeyObject } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { RegistryVersion } from '../../database/registry-version.js';
import { SecretCipher } from '../../database/secret-cipher.js';
import { placeholders } from '../../database/sql.js';
import { Transactions } from '../../database/transaction.js';
import type { HmacKey } from './signature.js';

interface Row {
  id: string;
  device_id: string;
  lookup: string;
  secret_encrypted: string;
  expires_at: string | Date | null;
  last_used_at: string | Date | null;
}

/** Ids per statement, far below the limit of placeholders of either database. */
const CHUNK = 2_000;
/** Above this many the memory is dropped and filled anew. */
const MAX_REMEMBERED = 200_000;

/** Keys that devices sign with: decrypted once, forgotten when the registry changes. */
@Injectable()
export class HmacKeys {
  private readonly logger = new Logger(HmacKeys.name);
  /** Device → its keys; an empty list for one that has none. */
  private remembered = new Map<string, readonly HmacKey[]>();
  /** Credential → its secret, and what it was decrypted from. */
  private opened = new Map<string, { readonly encrypted: string; readonly key: KeyObject }>();
  private generation = 0;

  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly cipher: SecretCipher,
    registryVersion: RegistryVersion,
  ) {
    registryVersion.onChange(() => {
      this.forget();
    });
  }

  /** Keys of these devices that were not revoked, from memory; says nothing about whether the devices are active. */
  async resolve(deviceIds: readonly string[]): Promise<ReadonlyMap<string, readonly HmacKey[]>> {
    const missing = deviceIds.filter((id) => !this.remembered.has(id));
    if (missing.length === 0) return this.remembered;
    const generation = this.generation;
    const loaded = await this.load(missing);
    // The registry changed while we read: what was read may be old.
    if (generation !== this.generation) return this.resolve(deviceIds);
    const { remembered } = this;
    for (const id of missing) remembered.set(id, loaded.get(id) ?? []);
    if (remembered.size > MAX_REMEMBERED) this.remembered = new Map();
    return remembered;
  }

  /** The same from the database, by device; one statement, whether or not there is such a device. */
  async load(deviceIds: readonly string[]): Promise<Map<string, HmacKey[]>> {
    const keys = new Map<string, HmacKey[]>();
    for (let from = 0; from < deviceIds.length; from += CHUNK) {
      const chunk = deviceIds.slice(from, from + CHUNK);
      const { rows } = await this.transactions.query<Row>(
        `select id, device_id, lookup, secret_encrypted, expires_at, last_used_at from device_credentials
         where kind = 'hmac' and revoked_at is null and device_id in ${placeholders(chunk.length)}`,
        chunk,
      );
      for (const row of rows) this.add(keys, row);
    }
    return keys;
  }

  private add(keys: Map<string, HmacKey[]>, row: Row): void {
    const key = this.open(row);
    if (key === undefined) return;
    const { id, device_id: deviceId, lookup: keyId, expires_at: end, last_used_at: used } = row;
    const others = keys.get(deviceId) ?? [];
    const expiresAt = end === null ? null : this.dialect.epochMs(end);
    const lastUsedAt = used === null ? null : this.dialect.epochMs(used);
    keys.set(deviceId, [...others, { id, keyId, key, expiresAt, lastUsedAt }]);
  }

  /** A secret that cannot be read (another `ENCRYPTION_KEY`) is no key; the log says so, once per generation. */
  private open({ id, lookup, secret_encrypted: encrypted }: Row): KeyObject | undefined {
    const known = this.opened.get(id);
    if (known?.encrypted === encrypted) return known.key;
    try {
      const key = createSecretKey(this.cipher.decrypt(encrypted, lookup), 'utf8');
      if (this.opened.size > MAX_REMEMBERED) this.opened.clear();
      this.opened.set(id, { encrypted, key });
      return key;
    } catch (error) {
      this.logger.warn(
        { err: error, keyId: lookup },
        'a key of a device cannot be decrypted: is ENCRYPTION_KEY right?',
      );
      return undefined;
    }
  }

  private forget(): void {
    this.generation++;
    this.remembered = new Map();
    this.opened = new Map();
  }
}
