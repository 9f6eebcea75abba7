import { expect, it } from 'vitest';
import { ownTopic } from './own-topic.mjs';

it('is that of the device for ThingsBoard telemetry, and what it is for anything else', () => {
  expect(ownTopic('v1/devices/me/telemetry', 'gauge-1~0199c1a4')).toBe('sensors/gauge-1/data');
  expect(ownTopic('v1/devices/me/telemetry', 'gauge-1')).toBe('sensors/gauge-1/data');
  expect(ownTopic('v1/devices/me/telemetry', undefined)).toBe('v1/devices/me/telemetry');
  for (const topic of ['sensors/gauge-2/data', 'v1/devices/me/attributes', 'v1/devices/gauge-2/telemetry', '']) {
    expect(ownTopic(topic, 'gauge-1')).toBe(topic);
  }
});
