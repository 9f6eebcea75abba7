import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { newId } from '../../common/ids.js';
import { AppConfig } from '../../config/app-config.js';
import { SecretCipher } from '../../database/secret-cipher.js';
import type { Transaction } from '../../database/transaction.js';
import {
  CertificateAuthority,
  toIssuedResponse,
  type IssuedCertificate,
} from '../certificates/certificate-authority.js';
import { newApiKey } from './api-key.js';
import type { AuthMethod, IssuedCredentials } from './credential.schemas.js';
import { DeviceCredential, type CredentialKind } from './device-credential.entity.js';
import { mqttUserName } from './mqtt-user-name.js';
import { MqttPasswords } from './mqtt-passwords.js';
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
  /** Stored with its own record, see {@link CredentialIssuer.store}. */
  readonly certificate?: IssuedCertificate;
  readonly issued: IssuedCredentials;
}

/** Draws the credentials of a device. */
@Injectable()
export class CredentialIssuer {
  constructor(
    private readonly cipher: SecretCipher,
    private readonly passwords: MqttPasswords,
    private readonly certificates: CertificateAuthority,
    private readonly config: AppConfig,
  ) {}

  /**
   * One credential per method. Stores nothing; takes its time, and is no work for a transaction.
   * @throws UnavailableError `BUSY`, `DEVICE_CA_UNAVAILABLE`
   */
  async issue(deviceId: string, methods: ReadonlySet<AuthMethod>): Promise<Issue> {
    const parts: Issue[] = [];
    for (const method of methods) parts.push(await this.issueOne(deviceId, method));
    return {
      rows: parts.flatMap(({ rows }) => rows),
      certificate: parts.find(({ certificate }) => certificate !== undefined)?.certificate,
      issued: Object.assign({}, ...parts.map(({ issued }) => issued)) as IssuedCredentials,
    };
  }

  /** Stores what was issued, in the caller's transaction. */
  store(tx: Transaction, { rows, certificate }: Issue, municipalityId: string): void {
    for (const row of rows) tx.em.create(DeviceCredential, row);
    if (certificate !== undefined) this.certificates.store(tx, certificate, municipalityId);
  }

  private async issueOne(deviceId: string, method: AuthMethod): Promise<Issue> {
    switch (method) {
      case 'api_key':
        return this.issueApiKey(deviceId);
      case 'mqtt':
        return this.issueMqttUser(deviceId);
      case 'hmac':
        return this.issueHmacKey(deviceId);
      case 'certificate': {
        const certificate = await this.certificates.issue({ deviceId });
        return { rows: [], certificate, issued: { certificate: toIssuedResponse(certificate) } };
      }
    }
  }

  private issueApiKey(deviceId: string): Issue {
    const { apiKey, prefix } = newApiKey();
    const row = { id: newId(), deviceId, kind: 'api_key', lookup: prefix } as const;
    return { rows: [{ ...row, secretHash: hashSecret(apiKey), secretEncrypted: null }], issued: { apiKey } };
  }

  private async issueMqttUser(deviceId: string): Promise<Issue> {
    const id = newId();
    const username = mqttUserName(deviceId, id);
    const password = newSecret();
    const secretHash = await this.passwords.hash(password);
    // A broker with dynamic security has to be told the password again when it lost its file (docs/broker.md).
    const secretEncrypted = this.config.mqtt.dynamicSecurity ? this.cipher.encrypt(password, username) : null;
    const row = { id, deviceId, kind: 'mqtt', lookup: username, secretHash, secretEncrypted } as const;
    return { rows: [row], issued: { mqtt: { username, password } } };
  }

  private issueHmacKey(deviceId: string): Issue {
    const keyId = `hmk_${randomBytes(HMAC_KEY_ID_BYTES).toString('hex')}`;
    const secret = newSecret();
    const secretEncrypted = this.cipher.encrypt(secret, keyId);
    const row = { id: newId(), deviceId, kind: 'hmac', lookup: keyId, secretHash: null, secretEncrypted } as const;
    return { rows: [row], issued: { hmac: { keyId, secret } } };
  }
}
