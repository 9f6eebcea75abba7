import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { SecretCipher } from '../database/secret-cipher.js';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import { Transactions } from '../database/transaction.js';

/** A key that signs. */
export interface SigningKey {
  /** SHA-256 of the public key, hexadecimal. */
  readonly id: string;
  /** Ed25519 signature of a text (UTF-8), base64. */
  sign(statement: string): string;
}

interface Row {
  id: string;
  generation: number;
  private_key_encrypted: string;
}

/**
 * Keeps the keys that anchors and exports are signed with. One is made when there is none, or none that this
 * installation can read (another `ENCRYPTION_KEY`); older ones stay, for what they signed.
 */
@Injectable()
export class AuditKeys {
  private readonly logger = new Logger(AuditKeys.name);
  private key: SigningKey | undefined;

  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly cipher: SecretCipher,
    private readonly clock: Clock,
  ) {}

  /** The key to sign with now. */
  async current(): Promise<SigningKey> {
    while (this.key === undefined) this.key = await this.findOrMake();
    return this.key;
  }

  /** The public keys (SPKI, PEM) by their ids. */
  async publicKeys(): Promise<Map<string, string>> {
    const { rows } = await this.transactions.query<{ id: string; public_key: string }>(
      `select id, public_key from audit_keys order by generation`,
    );
    return new Map(rows.map((row) => [row.id, row.public_key]));
  }

  /** Undefined when another instance made one at the same moment. */
  private async findOrMake(): Promise<SigningKey | undefined> {
    const { rows } = await this.transactions.query<Row>(
      `select id, generation, private_key_encrypted from audit_keys order by generation desc limit 1`,
    );
    const [newest] = rows;
    const known = newest && this.open(newest);
    if (known) return known;
    if (newest) this.logger.warn('the signing key of the audit log is under another ENCRYPTION_KEY; a new one is made');
    return this.make((newest?.generation ?? 0) + 1);
  }

  private open({ id, private_key_encrypted: encrypted }: Row): SigningKey | undefined {
    try {
      return signingKey(id, createPrivateKey(this.cipher.decrypt(encrypted, ownerOf(id))));
    } catch {
      return undefined;
    }
  }

  private async make(generation: number): Promise<SigningKey | undefined> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const id = keyIdOf(publicKey);
    const pem = String(publicKey.export({ type: 'spki', format: 'pem' }));
    const secret = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    try {
      await this.transactions.query(
        `insert into audit_keys (id, generation, public_key, private_key_encrypted, created_at) values (?, ?, ?, ?, ?)`,
        [id, generation, pem, this.cipher.encrypt(secret, ownerOf(id)), this.dialect.instant(this.clock.nowMs())],
      );
    } catch (error) {
      if (this.dialect.violatedKey(error) === null) throw error;
      return undefined;
    }
    return signingKey(id, privateKey);
  }
}

/** Id of a public key. @throws Error for what is no key */
export function keyIdOf(publicKey: KeyObject | string): string {
  const key = typeof publicKey === 'string' ? createPublicKey(publicKey) : publicKey;
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

const ownerOf = (id: string): string => `audit key ${id}`;

function signingKey(id: string, privateKey: KeyObject): SigningKey {
  return { id, sign: (statement) => sign(null, Buffer.from(statement, 'utf8'), privateKey).toString('base64') };
}
