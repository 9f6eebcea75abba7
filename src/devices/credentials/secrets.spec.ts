import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/load-config.js';
import { apiKeyPrefix, newApiKey, NO_API_KEY_PREFIX } from './api-key.js';
import { SecretCipher } from '../../database/secret-cipher.js';
import { hashSecret, matchesHash, newSecret, NO_SECRET_HASH } from './secrets.js';

const cipherWith = (encryptionKey: string): SecretCipher =>
  new SecretCipher(
    parseConfig({
      NODE_ENV: 'test',
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      ENCRYPTION_KEY: encryptionKey,
    }),
  );

describe('secrets', () => {
  it('are 256 random bits', () => {
    expect(Buffer.from(newSecret(), 'base64url')).toHaveLength(32);
    expect(newSecret()).not.toBe(newSecret());
  });

  it('match their own hash only', () => {
    const secret = newSecret();
    const hash = hashSecret(secret);
    expect(hash).toMatch(/^sha256\$/);
    expect(hash).not.toContain(secret);
    expect(matchesHash(secret, hash)).toBe(true);
    for (const other of [newSecret(), `${secret} `, secret.toLowerCase(), '', '\0']) {
      expect(matchesHash(other, hash)).toBe(false);
    }
    expect(matchesHash(secret, 'of another form')).toBe(false);
    expect(matchesHash(secret, NO_SECRET_HASH)).toBe(false);
  });
});

describe('API keys', () => {
  it('are found by their prefix', () => {
    const { apiKey, prefix } = newApiKey();
    expect(apiKey.startsWith(`${prefix}.`)).toBe(true);
    expect(apiKeyPrefix(apiKey)).toBe(prefix);
  });

  it('look up nothing when they are not of our form', () => {
    const { apiKey } = newApiKey();
    for (const text of ['', 'x', `${apiKey}x`, ` ${apiKey}`, apiKey.replace('.', ''), `${apiKey}\n`, '\0']) {
      expect(apiKeyPrefix(text)).toBe(NO_API_KEY_PREFIX);
    }
  });
});

describe('SecretCipher', () => {
  const key = Buffer.alloc(32, 7).toString('base64');

  it('gives back what it has encrypted, never the same text twice', () => {
    const cipher = cipherWith(key);
    const text = cipher.encrypt('höchst geheim', 'hmk_1');
    expect(text).not.toContain('geheim');
    expect(cipher.encrypt('höchst geheim', 'hmk_1')).not.toBe(text);
    expect(cipher.decrypt(text, 'hmk_1')).toBe('höchst geheim');
  });

  it('refuses another owner, another key, and a changed text', () => {
    const cipher = cipherWith(key);
    const text = cipher.encrypt('secret', 'hmk_1');
    const changed = text.slice(0, -2) + (text.endsWith('AA') ? 'BB' : 'AA');
    expect(() => cipher.decrypt(text, 'hmk_2')).toThrow();
    expect(() => cipherWith(Buffer.alloc(32, 8).toString('base64')).decrypt(text, 'hmk_1')).toThrow();
    expect(() => cipher.decrypt(changed, 'hmk_1')).toThrow();
    expect(() => cipher.decrypt('v2.abc', 'hmk_1')).toThrow('unknown form');
  });
});
