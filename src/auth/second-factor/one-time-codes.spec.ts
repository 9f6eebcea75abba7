import { describe, expect, it } from 'vitest';
import { hashOfRecoveryCode, keyUri, newRecoveryCodes, newSecret, stepOf } from './one-time-codes.js';

/** Key and codes of RFC 6238, appendix B, cut to six digits. */
const RFC_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

describe('one-time codes', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
  ])('are those of RFC 6238 at %s s', (seconds, code) => {
    expect(stepOf(RFC_SECRET, code, seconds * 1000)).toBe(Math.floor(seconds / 30));
  });

  it('are good one step before and after, with their own step', () => {
    const step = Math.floor(59 / 30);
    expect(stepOf(RFC_SECRET, '287082', 89_000)).toBe(step);
    expect(stepOf(RFC_SECRET, '287082', 20_000)).toBe(step);
    expect(stepOf(RFC_SECRET, '287082', 120_000)).toBeNull();
  });

  it.each(['', '28708', '2870822', 'abcdef', ' 287082', '２８７０８２'])('refuses %j', (code) => {
    expect(stepOf(RFC_SECRET, code, 59_000)).toBeNull();
  });

  it('have keys of 160 bits that apps can scan', () => {
    const secret = newSecret();
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(keyUri(secret, 'ada@sollen.example')).toMatch(
      /^otpauth:\/\/totp\/HydroAlert:ada%40sollen\.example\?issuer=HydroAlert&secret=/,
    );
  });
});

describe('recovery codes', () => {
  it('are ten, all different', () => {
    const codes = newRecoveryCodes();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^[a-km-np-z2-9]{4}(-[a-km-np-z2-9]{4}){3}$/);
  });

  it('may be typed as people type, and belong to one person', () => {
    expect(hashOfRecoveryCode('a', ' ABCD efgh-JKmn 2345')).toBe(hashOfRecoveryCode('a', 'abcd-efgh-jkmn-2345'));
    expect(hashOfRecoveryCode('a', 'abcd-efgh-jkmn-2345')).not.toBe(hashOfRecoveryCode('b', 'abcd-efgh-jkmn-2345'));
  });
});
