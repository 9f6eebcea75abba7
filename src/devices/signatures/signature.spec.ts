import { createHmac, createSecretKey } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { HTTP_AGE_LIMITS, judgeSignature, macOf, type HmacKey, type SignatureClaim } from './signature.js';

vi.mock('node:crypto', { spy: true });

const SECRET = 'mT3sX5wZ7cR9dF2hL4nP6qB8tV0xA1eG3iUyQ0v1Jk8';
const AT = 1_772_345_700_000;
const NONCE = 'k3Jf9wQ1xZ7aB2';
const BODY = Buffer.from('{"values":{"water_level_cm":245.5}}');
/** By `printf '%s\n%s\n%s' $AT $NONCE $BODY | openssl dgst -sha256 -hmac $SECRET` (OpenSSL 3), as in docs/mqtt.md. */
const SIGNATURE = '29ac41e21bcfef3744a1b84523359d7c826b5d4368f4638151936f869ab42261';

function key(keyId: string, secret = SECRET, expiresAt: number | null = null): HmacKey {
  return { id: keyId, keyId, key: createSecretKey(secret, 'utf8'), expiresAt, lastUsedAt: null };
}
const KEYS = [key('hmk_other', 'another secret'), key('hmk_1')];

function judge(changes: Partial<SignatureClaim> = {}, keys = KEYS, arrivedAt = AT) {
  const claim = { timestamp: String(AT), nonce: NONCE, signature: SIGNATURE, body: BODY, ...changes };
  return judgeSignature(claim, keys, HTTP_AGE_LIMITS, arrivedAt);
}
const codeOf = (...args: Parameters<typeof judge>) => {
  const verdict = judge(...args);
  return verdict.right ? verdict.key.keyId : verdict.code;
};
function signedAt(at: number): Partial<SignatureClaim> {
  const timestamp = String(at);
  return { timestamp, signature: macOf(KEYS[1]!.key, timestamp, NONCE, BODY).toString('hex') };
}

describe('judgeSignature', () => {
  it('agrees with OpenSSL', () => {
    expect(judge()).toMatchObject({ right: true, key: { keyId: 'hmk_1' }, skewMs: 0 });
    expect(codeOf({ signature: SIGNATURE.toUpperCase() })).toBe('hmk_1');
  });

  it('tries every live key, or the one that is named', () => {
    expect(codeOf({ keyId: 'hmk_1' })).toBe('hmk_1');
    expect(codeOf({ keyId: 'hmk_other' })).toBe('SIGNATURE_INVALID');
    expect(codeOf({ keyId: '' })).toBe('SIGNATURE_INVALID');
    expect(codeOf({}, [])).toBe('SIGNATURE_INVALID');
    expect(codeOf({}, [KEYS[0]!])).toBe('SIGNATURE_INVALID');
    expect(codeOf({}, [key('hmk_1', SECRET, AT + 1)])).toBe('hmk_1');
    expect(codeOf({}, [key('hmk_1', SECRET, AT)])).toBe('SIGNATURE_INVALID');
  });

  it('refuses what was changed', () => {
    expect(codeOf({ body: Buffer.from('{"values":{"water_level_cm":245.6}}') })).toBe('SIGNATURE_INVALID');
    expect(codeOf({ nonce: `${NONCE}x` })).toBe('SIGNATURE_INVALID');
    expect(codeOf({ timestamp: String(AT + 1) })).toBe('SIGNATURE_INVALID');
    expect(codeOf({ signature: SIGNATURE.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) })).toBe(
      'SIGNATURE_INVALID',
    );
  });

  it.each([
    ['a nonce of 7 characters', { nonce: 'x'.repeat(7) }],
    ['a nonce of 129 characters', { nonce: 'x'.repeat(129) }],
    ['a nonce with a blank', { nonce: 'abcd efgh' }],
    ['a nonce beyond ASCII', { nonce: 'äbcdefgh' }],
    ['a time with a fraction', { timestamp: `${AT}.0` }],
    ['a time in words', { timestamp: '2026-03-01T06:15:00Z' }],
    ['no time', { timestamp: '' }],
    ['a signature in base64', { signature: Buffer.from(SIGNATURE, 'hex').toString('base64') }],
    ['half a signature', { signature: SIGNATURE.slice(0, 32) }],
    ['no signature', { signature: '' }],
  ])('refuses %s although it was signed', (_, changes: Partial<SignatureClaim>) => {
    const { timestamp = String(AT), nonce = NONCE } = changes;
    const signature = macOf(KEYS[1]!.key, timestamp, nonce, BODY).toString('hex');
    expect(codeOf({ signature, ...changes })).toBe('SIGNATURE_INVALID');
  });

  it('takes what was signed within the limits, and says how far the clock is off', () => {
    for (const skewMs of [-300_000, -1, 0, 1, 300_000]) {
      expect(judge(signedAt(AT + skewMs))).toMatchObject({ right: true, skewMs });
    }
    for (const skewMs of [-300_001, 300_001, -86_400_000]) {
      expect(judge(signedAt(AT + skewMs))).toMatchObject({ right: false, code: 'SIGNATURE_EXPIRED', skewMs });
    }
  });

  it('costs the same whether a device has no key, one or two', () => {
    const cost = (...args: Parameters<typeof judge>) => {
      vi.mocked(createHmac).mockClear();
      expect(codeOf(...args)).toBe('SIGNATURE_INVALID');
      return vi.mocked(createHmac).mock.calls.length;
    };
    const wrong = { signature: '0'.repeat(64) };
    expect([[], [KEYS[0]!], KEYS].map((keys) => cost(wrong, keys))).toEqual([2, 2, 2]);
    expect([[], [KEYS[0]!], KEYS].map((keys) => cost({ ...wrong, keyId: 'hmk_1' }, keys))).toEqual([1, 1, 1]);
  });

  it('says nothing about the time of a signature that is wrong', () => {
    const wrong = { ...signedAt(0), signature: SIGNATURE };
    expect(judge(wrong)).toEqual({ right: false, code: 'SIGNATURE_INVALID', reason: expect.any(String) });
  });
});
