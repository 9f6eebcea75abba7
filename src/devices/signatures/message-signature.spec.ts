import { describe, expect, it } from 'vitest';
import { InboundMessage, type UserProperties } from '../../mqtt/inbound-message.js';
import { signatureClaimOf } from './message-signature.js';

const MAC = 'ab'.repeat(32);

function claimOf(payload: string, properties?: UserProperties) {
  const message = new InboundMessage('sensors/g-1/data', 'g-1', Buffer.from(payload), 1, false, false, properties, 5);
  const claim = signatureClaimOf(message);
  return claim && { ...claim, body: claim.body.toString() };
}

describe('signatureClaimOf', () => {
  it('finds no signature where there is none', () => {
    for (const payload of [
      '',
      '{}',
      '{"values":{"water_level_cm":1}}',
      '"signature"',
      '["signature", "payload"]',
      '{"signature"',
      '{"signature": 3}',
      '{"values":{"signature":1,"payload":2}}',
    ]) {
      expect([payload, claimOf(payload)]).toEqual([payload, undefined]);
    }
    expect(claimOf('{}', { 'x-nonce': 'n', 'x-timestamp': '1' })).toBeUndefined();
  });

  it('reads user properties; what is missing or was sent twice is no text', () => {
    const properties = { 'x-key-id': 'k', 'x-timestamp': '1', 'x-nonce': 'n', 'x-signature': 's' };
    expect(claimOf('{}', properties)).toEqual({ keyId: 'k', timestamp: '1', nonce: 'n', signature: 's', body: '{}' });
    expect(claimOf('{}', { 'x-signature': ['a', 'b'], 'x-nonce': ['n'] })).toEqual({
      keyId: undefined,
      timestamp: '',
      nonce: '',
      signature: '',
      body: '{}',
    });
    expect(claimOf('{}', { ...properties, 'x-key-id': ['a', 'b'] })?.keyId).toBe('');
  });

  it('reads a wrapped message, its time as digits or text', () => {
    const payload = Buffer.from('{"values":{}}').toString('base64');
    const wrapper = { payload, timestamp: 1_772_345_700_000, nonce: 'n', signature: MAC };
    const claim = { keyId: undefined, timestamp: '1772345700000', nonce: 'n', signature: MAC, body: '{"values":{}}' };
    expect(claimOf(JSON.stringify(wrapper))).toEqual(claim);
    expect(claimOf(JSON.stringify({ ...wrapper, timestamp: '1772345700000', keyId: 'k' }))).toEqual({
      ...claim,
      keyId: 'k',
    });
    expect(claimOf(JSON.stringify({ ...wrapper, keyId: null }))).toEqual(claim);
    for (const timestamp of [1.5, null, [1], true, 1e300]) {
      expect(claimOf(JSON.stringify({ ...wrapper, timestamp }))?.timestamp).toBe('');
    }
  });

  it('finds the shortest one that can be right', () => {
    const shortest = { payload: '', nonce: '12345678', timestamp: 0, signature: MAC };
    expect(claimOf(JSON.stringify(shortest))).toMatchObject({ nonce: '12345678', timestamp: '0', body: '' });
    expect(claimOf(JSON.stringify({ ...shortest, nonce: '1234567' }))).toBeUndefined();
  });

  it('takes a wrapper without text in it for one whose signature cannot be right', () => {
    const sent = `{"payload":{"values":{}},"timestamp":1,"nonce":"nonce-01","signature":"${MAC}"}`;
    expect(claimOf(sent)).toEqual({ timestamp: '', nonce: '', signature: '', body: sent });
  });
});
