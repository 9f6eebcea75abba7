import { describe, expect, it } from 'vitest';
import { SystemClock } from '../common/clock.js';
import { MqttConnectionState } from '../mqtt/mqtt-connection-state.js';
import { MqttHealth } from './mqtt.health.js';

describe('MqttHealth', () => {
  it('is up when connected', async () => {
    const state = new MqttConnectionState(new SystemClock());
    state.become('connected');
    await expect(new MqttHealth(state).probe()).resolves.toBeUndefined();
  });

  it('is degraded when the broker refuses a subscription', async () => {
    const state = new MqttConnectionState(new SystemClock());
    state.become('degraded');
    state.lastError = 'sensors/+/data: not authorized';
    await expect(new MqttHealth(state).probe()).resolves.toBe('degraded: sensors/+/data: not authorized');
  });

  it.each(['closed', 'connecting', 'offline', 'reconnecting'] as const)('is down when %s', async (status) => {
    const state = new MqttConnectionState(new SystemClock());
    state.become(status);
    await expect(new MqttHealth(state).probe()).rejects.toThrow(status);
  });
});
