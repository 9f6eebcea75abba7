import { describe, expect, it } from 'vitest';
import { judgeExpiry, type KnownCertificate } from './certificate-expiry.js';

const NOW = Date.UTC(2026, 2, 1, 12);
const DAY_MS = 86_400_000;

const ending = (days: number, more: Partial<KnownCertificate> = {}): KnownCertificate => ({
  fingerprint: 'a',
  endsAt: NOW + days * DAY_MS,
  live: true,
  stage: 0,
  ...more,
});

describe('judgeExpiry', () => {
  it.each([
    [30.001, undefined, 0],
    [30, 'LOW', 1],
    [7.001, 'LOW', 1],
    [7, 'MEDIUM', 2],
    [1.001, 'MEDIUM', 2],
    [1, 'HIGH', 3],
    [0, 'HIGH', 4],
    [-400, 'HIGH', 4],
  ])('%s days before the end: %s', (days, severity, stage) => {
    const { warning, stages } = judgeExpiry([ending(days)], NOW);
    expect(warning?.severity).toBe(severity);
    expect([...stages.values()]).toEqual(stage === 0 ? [] : [stage]);
  });

  it('says each stage once', () => {
    expect(judgeExpiry([ending(20, { stage: 1 })], NOW)).toEqual({ over: false, stages: new Map() });
    expect(judgeExpiry([ending(5, { stage: 1 })], NOW).warning?.severity).toBe('MEDIUM');
  });

  it('names the day of the end', () => {
    expect(judgeExpiry([ending(5)], NOW).warning?.title).toBe('Its certificate ends on 2026-03-06; renew it before');
    expect(judgeExpiry([ending(-1)], NOW).warning?.title).toBe('Its certificate ended on 2026-02-28');
  });

  it('looks at the certificate that ends last only', () => {
    const renewed = [ending(3, { stage: 2 }), ending(300, { fingerprint: 'b' })];
    expect(judgeExpiry(renewed, NOW)).toEqual({ over: true, stages: new Map([['a', 0]]) });
    const both = [ending(3), ending(6, { fingerprint: 'b' })];
    expect(judgeExpiry(both, NOW)).toMatchObject({ warning: { severity: 'MEDIUM' }, stages: new Map([['b', 2]]) });
  });

  it('is content when none is live any more', () => {
    const revoked = judgeExpiry([ending(3, { stage: 2, live: false })], NOW);
    expect(revoked).toEqual({ over: true, stages: new Map([['a', 0]]) });
    expect(judgeExpiry([], NOW)).toEqual({ over: false, stages: new Map() });
  });

  it('warns again when the newer one was revoked', () => {
    const certificates = [ending(3), ending(300, { fingerprint: 'b', live: false })];
    expect(judgeExpiry(certificates, NOW).warning?.severity).toBe('MEDIUM');
  });
});
