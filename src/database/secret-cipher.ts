import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';

const ALGORITHM = 'aes-256-gcm';
const VERSION = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts secrets that have to be readable again (AES-256-GCM under `ENCRYPTION_KEY`). */
@Injectable()
export class SecretCipher {
  constructor(private readonly config: AppConfig) {}

  /** @param owner what the secret belongs to; the text can be decrypted only for the same owner */
  encrypt(secret: string, owner: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.config.auth.encryptionKey, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(owner, 'utf8'));
    const sealed = Buffer.concat([iv, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${sealed.toString('base64url')}`;
  }

  /** @throws Error when the key is another one, the owner differs, or the text was changed */
  decrypt(text: string, owner: string): string {
    const [version, body] = text.split('.');
    if (version !== VERSION || body === undefined) throw new Error('unknown form of an encrypted secret');
    const sealed = Buffer.from(body, 'base64url');
    const decipher = createDecipheriv(ALGORITHM, this.config.auth.encryptionKey, sealed.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(owner, 'utf8'));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
  }
}
