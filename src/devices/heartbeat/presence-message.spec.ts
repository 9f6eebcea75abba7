import { describe, expect, it } from 'vitest';
import { readPresenceMessage } from './presence-message.schemas.js';

const read = (text: string) => readPresenceMessage(Buffer.from(text));

describe('readPresenceMessage', () => {
  it('takes the fields of the contract, and numbers written as text', () => {
    expect(
      read('{"status":"online","battery_level":"87.5","signal_strength":-71,"firmware":"2.4.1","message":"ok","x":1}'),
    ).toEqual({
      message: { status: 'online', battery_level: 87.5, signal_strength: -71, firmware: '2.4.1', message: 'ok' },
    });
    expect(read('{}')).toEqual({ message: {} });
    expect(read('')).toEqual({ message: {} });
    expect(read('{"battery_level":null,"message":null}').message).toMatchObject({ battery_level: null });
  });

  it('cuts and cleans text rather than losing the message', () => {
    const { message } = read(JSON.stringify({ message: `a\u0000b\n${'x'.repeat(600)}`, firmware: 'v'.repeat(300) }));
    expect(message?.message).toMatch(/^a b x+$/);
    expect(message?.message).toHaveLength(500);
    expect(message?.firmware).toHaveLength(100);
    expect(read(JSON.stringify({ message: `${'x'.repeat(499)}😀` })).message?.message?.isWellFormed()).toBe(true);
  });

  it.each(['ping', '[1]', '"online"', '5', 'null', '{"status":'])('refuses %s as malformed', (text) => {
    expect(read(text).rejection?.code).toBe('MALFORMED_PAYLOAD');
  });

  it.each(['{"status":"asleep"}', '{"battery_level":"full"}', '{"battery_level":1e999}', '{"firmware":5}'])(
    'refuses %s as invalid, and says which field',
    (text) => {
      expect(read(text).rejection).toMatchObject({
        code: 'INVALID_VALUE',
        reason: expect.stringMatching(/^(status|battery_level|firmware): /) as string,
      });
    },
  );
});
