import { describe, expect, it } from 'vitest';
import { PROTOCOLS } from '../../database/seeders/protocols.js';
import { createProtocolSchema, PROTOCOL_EXAMPLE } from './protocol.schemas.js';

const body = { code: 'gateway', name: 'Gateway' };

describe('a new protocol', () => {
  it('is what every installation starts with', () => {
    for (const protocol of PROTOCOLS) expect(createProtocolSchema.parse(protocol)).toEqual(protocol);
  });

  it('takes the settings of its transport', () => {
    expect(createProtocolSchema.parse({ ...body, transport: 'coap' })).toEqual({
      ...body,
      transport: 'coap',
      settings: {},
    });
    const { code, name, transport, settings } = PROTOCOL_EXAMPLE;
    expect(createProtocolSchema.parse({ code, name, transport, settings })).toMatchObject({ settings });
    const free = { ...body, transport: 'other', settings: { anything: [1, { b: 2 }] } };
    expect(createProtocolSchema.parse(free)).toEqual(free);
  });

  it.each([
    ['unknown transport', { transport: 'pigeon' }],
    ['no transport', {}],
    ['settings of another transport', { transport: 'mqtt', settings: { unitId: 3 } }],
    ['unknown settings', { transport: 'http', settings: { password: 'x' } }],
    ['a setting out of range', { transport: 'lorawan', settings: { fPort: 0 } }],
    ['settings that cannot be stored', { transport: 'other', settings: { text: 'a\0b' } }],
    ['settings beyond 16 KiB', { transport: 'other', settings: { text: 'x'.repeat(16_384) } }],
    ['an unknown field', { transport: 'mqtt', secret: 1 }],
    ['a code that is none', { transport: 'mqtt', code: 'MQTT 5' }],
  ])('is refused for %s', (_, more) => {
    expect(createProtocolSchema.safeParse({ ...body, ...more }).success).toBe(false);
  });
});
