import { describe, expect, it } from 'vitest';
import { newId } from '../../common/ids.js';
import { mqttUserName, parseMqttUserName } from './mqtt-user-name.js';

describe('MQTT user names', () => {
  it('name device and credential', () => {
    const credentialId = newId();
    const name = mqttUserName('river-gauge_017', credentialId);
    expect(name).toBe(`river-gauge_017~${credentialId}`);
    expect(parseMqttUserName(name)).toEqual({ deviceId: 'river-gauge_017', credentialId });
  });

  it('of earlier versions are the device id alone', () => {
    expect(parseMqttUserName('river-gauge_017')).toEqual({ deviceId: 'river-gauge_017', credentialId: null });
  });

  it('are nothing in any other form', () => {
    const id = newId();
    const others = [
      '',
      'ab',
      '~',
      `~${id}`,
      'gauge-1~',
      'gauge-1~x',
      `gauge-1~${id}~`,
      `gauge-1~${id} `,
      `gauge/1~${id}`,
    ];
    for (const text of [...others, `gauge-1~${id.toUpperCase()}`, `gauge-1\0~${id}`, '\0', '+', '#']) {
      expect([text, parseMqttUserName(text)]).toEqual([text, null]);
    }
  });
});
