import { once } from 'node:events';
import { createServer } from 'node:net';
import { Logger } from '@nestjs/common';
import { MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../common/clock.js';
import { MqttConnectionState } from './mqtt-connection-state.js';
import { MqttPublisher } from './mqtt-publisher.js';
import { withMqttDefaults } from './mqtt.options.js';

describe('MqttPublisher', () => {
  beforeEach(() => Logger.overrideLogger(false));
  afterEach(() => {
    vi.restoreAllMocks();
    Logger.overrideLogger(true);
  });

  it('leaves no listener behind when it waited in vain for a connection', async () => {
    // Takes connections and never answers.
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const settings = withMqttDefaults({ url: `mqtt://127.0.0.1:${port}`, clientId: 'silent' });
    const clients = new Set<MqttClient>();
    const listen = MqttClient.prototype.on;
    vi.spyOn(MqttClient.prototype, 'on').mockImplementation(function (this: MqttClient, ...args) {
      clients.add(this);
      return listen.apply(this, args);
    });
    const publisher = new MqttPublisher(settings, new MqttConnectionState(new SystemClock()));
    try {
      expect(await publisher.connected(1)).toBe(false);
      const [client] = clients;
      const before = client!.listenerCount('connect');
      for (let i = 0; i < 5; i++) expect(await publisher.connected(1)).toBe(false);
      expect(client!.listenerCount('connect')).toBe(before);
    } finally {
      await publisher.onApplicationShutdown();
      silent.close();
    }
  });
});
