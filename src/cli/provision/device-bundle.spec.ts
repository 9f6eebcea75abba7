import { describe, expect, it } from 'vitest';
import { bundleOf, type BundledDevice, type DeviceSecrets } from './device-bundle.js';

const DEVICE: BundledDevice = { deviceId: 'well-1', sensors: [{ code: 'level', typeCode: 'water_level_cm' }] };
const PASSWORD: DeviceSecrets = { mqtt: { username: 'well-1', password: 'secret' } };
const CERTIFICATE: DeviceSecrets = {
  certificate: {
    certificatePem: 'certificate',
    privateKeyPem: 'key',
    caPem: 'authority',
    fingerprint: 'ab',
    serialNumber: '1',
    expiresAt: '2027-01-01T00:00:00.000Z',
  },
};

function readme(device: BundledDevice, secrets: DeviceSecrets, mqttUrl = 'mqtts://broker.example:8883'): string {
  return bundleOf(device, secrets, { url: 'https://hydroalert.example', mqttUrl }).get('README.txt')!;
}

describe('README.txt of a bundle', () => {
  it('has a line to try for each door', () => {
    const text = readme(DEVICE, { ...PASSWORD, apiKey: 'key' });
    expect(text).toContain('mosquitto_pub -h broker.example -p 8883');
    expect(text).toContain('curl -X POST https://hydroalert.example/api/v1/readings');
    expect(text).toContain('{"values": {"level": 12.5}}');
    expect(text).not.toContain('secret"');
  });

  it('shows a certificate over TLS only', () => {
    expect(readme(DEVICE, CERTIFICATE)).toContain('--cert device.crt --key device.key');
    expect(readme(DEVICE, CERTIFICATE, 'mqtt://broker.example:1883')).not.toContain('mosquitto_pub');
  });

  it('has no example of readings for a device with the format of its make', () => {
    const text = readme({ ...DEVICE, profile: 'acme_level' }, { ...PASSWORD, apiKey: 'key' });
    expect(text).not.toContain('"values": {');
    expect(text).toContain('the profile "acme_level" says');
    expect(text).toContain('sensors/well-1/data at mqtts://broker.example:8883');
  });
});
