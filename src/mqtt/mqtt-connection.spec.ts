import { once } from 'node:events';
import { createServer } from 'node:net';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../common/clock.js';
import { ConnectionStatus } from './connection-status.js';
import { MqttConnection } from './mqtt-connection.js';
import { withMqttDefaults } from './mqtt.options.js';

/** A port of this machine where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe('MqttConnection', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    Logger.overrideLogger(false);
  });
  afterEach(() => {
    vi.useRealTimers();
    Logger.overrideLogger(true);
  });

  it('waits 1 s before the second attempt, twice as long before each further one, 60 s at most', async () => {
    const status = new ConnectionStatus(new SystemClock());
    const settings = withMqttDefaults({ url: `mqtt://127.0.0.1:${await closedPort()}`, clientId: 'backoff' });
    const connection = new MqttConnection(settings, { clientId: 'backoff', persistent: true }, status, new Logger());
    expect(status).toMatchObject({ status: 'connecting', attempts: 1 });
    for (const [index, least] of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000].entries()) {
      await new Promise<void>((resolve) => connection.client.once('close', resolve));
      expect(status).toMatchObject({ status: 'offline', attempts: index + 1 });
      const pause = connection.client.options.reconnectPeriod ?? 0;
      expect(pause).toBeGreaterThanOrEqual(least);
      expect(pause).toBeLessThanOrEqual(Math.min(60_000, least * 1.25));
      vi.advanceTimersByTime(pause - 1);
      expect(status.attempts).toBe(index + 1);
      vi.advanceTimersByTime(1);
      expect(status).toMatchObject({ status: 'reconnecting', attempts: index + 2 });
    }
    expect(status.lastError).toMatch(/ECONNREFUSED/);
    await connection.close();
    expect(status.status).toBe('closed');
  });

  it('refuses options that can never work', () => {
    const settings = withMqttDefaults({ url: 'gopher://127.0.0.1', clientId: 'x', tls: { cert: 'x', key: 'y' } });
    const identity = { clientId: 'x', persistent: false };
    expect(
      () => new MqttConnection(settings, identity, new ConnectionStatus(new SystemClock()), new Logger()),
    ).toThrow();
  });
});
