import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { newId } from '../../common/ids.js';
import { newApiKey } from './api-key.js';
import type { AuthMethod, IssuedCredentials } from './credential.schemas.js';
import type { CredentialKind } from './device-credential.entity.js';
import { SecretCipher } from '../../database/secret-cipher.js';
import { hashSecret, newSecret } from './secrets.js';

const HMAC_KEY_ID_BYTES = 10;

/** A credential as it is stored; without the secret itself, but for one that is encrypted. */
export interface NewCredential {
  readonly id: string;
  readonly deviceId: string;
  readonly kind: CredentialKind;
  readonly lookup: string;
  readonly secretHash: string | null;
  readonly secretEncrypted: string | null;
}

/** Rows to store, and the secrets to show once. */
export interface Issue {
  readonly rows: NewCredential[];
  readonly issued: IssuedCredentials;
}

/** Draws the credentials of a device. Stores nothing. */
@Injectable()
export class CredentialIssuer {
  constructor(private readonly cipher: SecretCipher) {}

  /** One credential per method; certificates are not among them, see `refuseUnavailableMethods`. */
  issue(deviceId: string, methods: ReadonlySet<AuthMethod>): Issue {
    const rows: NewCredential[] = [];
    const issued: IssuedCredentials = {};
    if (methods.has('api_key')) {
      const { row, apiKey } = this.issueApiKey(deviceId);
      rows.push(row);
      issued.apiKey = apiKey;
    }
    if (methods.has('mqtt')) {
      const password = newSecret();
      rows.push(this.hashed(deviceId, 'mqtt', deviceId, password));
      issued.mqtt = { username: deviceId, password };
    }
    if (methods.has('hmac')) {
      const keyId = `hmk_${randomBytes(HMAC_KEY_ID_BYTES).toString('hex')}`;
      const secret = newSecret();
      const secretEncrypted = this.cipher.encrypt(secret, keyId);
      rows.push({ id: newId(), deviceId, kind: 'hmac', lookup: keyId, secretHash: null, secretEncrypted });
      issued.hmac = { keyId, secret };
    }
    return { rows, issued };
  }

  issueApiKey(deviceId: string): { row: NewCredential; apiKey: string } {
    const { apiKey, prefix } = newApiKey();
    return { row: this.hashed(deviceId, 'api_key', prefix, apiKey), apiKey };
  }

  private hashed(deviceId: string, kind: CredentialKind, lookup: string, secret: string): NewCredential {
    return { id: newId(), deviceId, kind, lookup, secretHash: hashSecret(secret), secretEncrypted: null };
  }
}
