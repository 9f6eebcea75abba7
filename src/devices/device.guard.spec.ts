import type { ExecutionContext } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { InboundMessage, type UserProperties } from '../mqtt/inbound-message.js';
import { MessageBatch } from '../mqtt/message-batch.js';
import { DeviceGuard } from './device.guard.js';
import type { DeviceRegistry, RegisteredDevice } from './device-registry.js';
import type { SignsOfLife } from './heartbeat/signs-of-life.js';
import type { MessageSignatures, SignedMessage } from './signatures/message-signatures.js';

const device = (id: string, changes: Partial<RegisteredDevice> = {}): [string, RegisteredDevice] => [
  id,
  {
    id,
    municipalityId: 'm',
    active: true,
    signatureRequired: false,
    reportingIntervalSeconds: 900,
    sensors: new Map(),
    ...changes,
  },
];
const DEVICES = new Map([
  device('gauge-1'),
  device('gauge-2', { active: false }),
  device('gauge-3', { signatureRequired: true }),
]);

function message(deviceId: string, payload = '{}', properties?: UserProperties, retain = false): InboundMessage {
  return new InboundMessage(
    `sensors/${deviceId}/data`,
    deviceId,
    Buffer.from(payload),
    1,
    retain,
    false,
    properties,
    5,
  );
}

async function guard(messages: InboundMessage[], pattern = 'sensors/+/data') {
  const asked: string[][] = [];
  const noted: string[] = [];
  const registry = {
    resolve: (ids: string[]) => {
      asked.push(ids);
      return Promise.resolve(DEVICES);
    },
  } as unknown as DeviceRegistry;
  const told: string[] = [];
  const signatures = {
    verify: (_: MessageBatch, signed: readonly SignedMessage[]) => {
      for (const { message, claim } of signed) {
        told.push(`verify ${message.deviceId} ${claim.signature}`);
        message.signed = { nonce: claim.nonce, digest: Buffer.alloc(32) };
      }
      return Promise.resolve();
    },
    claimNonces: () => Promise.resolve(void told.push('claim')),
  } as unknown as MessageSignatures;
  const signs = { note: (deviceId: string) => noted.push(deviceId) } as unknown as SignsOfLife;
  const batch = new MessageBatch(pattern, messages);
  const context = { switchToRpc: () => ({ getData: () => batch }) } as unknown as ExecutionContext;
  const passed = await new DeviceGuard(registry, signatures, signs).canActivate(context);
  return { passed, asked, noted, told, verdicts: messages.map(({ rejection }) => rejection?.code) };
}

describe('DeviceGuard', () => {
  it('gives each message its verdict and lets the batch pass', async () => {
    const { passed, verdicts, noted } = await guard([message('gauge-1'), message('gauge-2'), message('no-such')]);
    expect(passed).toBe(true);
    expect(verdicts).toEqual([undefined, 'DEVICE_INACTIVE', 'UNKNOWN_DEVICE']);
    expect(noted).toEqual(['gauge-1']);
  });

  it('asks once per batch, and only for what can be an id', async () => {
    const ids = ['gauge-1', 'gauge-1', '', 'a', '\0bad', 'ü-ber', 'x'.repeat(65), '__proto__', 'gauge-2'];
    const { asked, verdicts } = await guard(ids.map((id) => message(id)));
    expect(asked).toEqual([['gauge-1', '__proto__', 'gauge-2']]);
    expect(verdicts.slice(2, 8)).toEqual(Array(6).fill('UNKNOWN_DEVICE'));
  });

  it('refuses unsigned messages of a device that must sign, and has all signed ones verified', async () => {
    const wrapped = `{"payload":"e30=","timestamp":1,"nonce":"nonce-01","signature":"${'0'.repeat(64)}"}`;
    const { verdicts, told, noted } = await guard([
      message('gauge-3'),
      message('gauge-3', '{"signature_quality": 3}'),
      message('gauge-3', '{"signature"'),
      message('gauge-3', wrapped),
      message('gauge-3', '{}', { 'x-signature': 'p' }),
      message('gauge-1', wrapped),
      message('gauge-2', wrapped),
    ]);
    expect(verdicts.slice(0, 3)).toEqual(Array(3).fill('SIGNATURE_MISSING'));
    expect(verdicts.slice(3)).toEqual([undefined, undefined, undefined, 'DEVICE_INACTIVE']);
    expect(told).toEqual([`verify gauge-3 ${'0'.repeat(64)}`, 'verify gauge-3 p', `verify gauge-1 ${'0'.repeat(64)}`]);
    // Readings that were signed show life where they are stored: they may be somebody's repetition.
    expect(noted).toEqual([]);
  });

  it('claims nonces where nobody stores readings, and verifies a message that comes again only once', async () => {
    const again = message('gauge-3', '{}', { 'x-signature': 'p' });
    again.signed = { nonce: 'n', digest: Buffer.alloc(32) };
    expect((await guard([again])).told).toEqual([]);
    const response = await guard([again], 'system/+/response');
    expect(response.told).toEqual(['claim']);
    expect(response.noted).toEqual(['gauge-3']);
  });

  it('leaves earlier verdicts, and takes neither retained nor status messages for a sign of life', async () => {
    const refused = message('gauge-1');
    refused.rejection = { code: 'MALFORMED_PAYLOAD', reason: 'too large' };
    const data = await guard([refused, message('gauge-1', '{}', undefined, true)]);
    expect(data.verdicts).toEqual(['MALFORMED_PAYLOAD', undefined]);
    expect(data.noted).toEqual([]);
    expect((await guard([message('gauge-1')], 'sensors/+/status')).noted).toEqual([]);
  });
});
