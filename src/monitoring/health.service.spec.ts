import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HealthIndicator } from './health-indicator.js';
import { HealthService } from './health.service.js';

class FakeIndicator extends HealthIndicator {
  calls = 0;

  constructor(
    readonly name: string,
    private readonly outcome: () => Promise<string | undefined>,
  ) {
    super();
  }

  probe(): Promise<string | undefined> {
    this.calls += 1;
    return this.outcome();
  }
}

const up = (name: string) => new FakeIndicator(name, () => Promise.resolve(undefined));
const failing = (name: string, error: unknown) => new FakeIndicator(name, () => Promise.reject(error));

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('HealthService', () => {
  it('is up when all services are', async () => {
    const report = await new HealthService([up('database'), up('redis')]).check();
    expect(report).toEqual({
      status: 'up',
      services: {
        database: { status: 'up', latencyMs: expect.any(Number) },
        redis: { status: 'up', latencyMs: expect.any(Number) },
      },
    });
  });

  it('is degraded by one that complains, and down by one that fails', async () => {
    const degraded = new FakeIndicator('mqtt', () => Promise.resolve('a subscription was refused'));
    expect(await new HealthService([up('database'), degraded]).check()).toMatchObject({
      status: 'degraded',
      services: { mqtt: { status: 'degraded', error: 'a subscription was refused' } },
    });
    expect(await new HealthService([degraded, failing('database', new Error('gone'))]).check()).toMatchObject({
      status: 'down',
      services: { database: { status: 'down', error: 'gone' } },
    });
  });

  it.each([
    [new AggregateError([new Error('connect ECONNREFUSED ::1:5432')]), 'connect ECONNREFUSED ::1:5432'],
    [Object.assign(new RangeError(), {}), 'RangeError'],
    ['a string', 'a string'],
    [new Error('cannot reach postgres://u:s3cr3t@h/d'), 'cannot reach postgres://u:[redacted]@h/d'],
  ])('says why a service is down: %s', async (error, reason) => {
    expect((await new HealthService([failing('x', error)]).check()).services['x']?.error).toBe(reason);
  });

  it('does not wait for ever for a service that does not answer', async () => {
    const silent = new FakeIndicator('database', () => new Promise(() => undefined));
    const check = new HealthService([silent]).check();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await check).toMatchObject({
      status: 'down',
      services: { database: { error: 'no answer within 2000 ms' } },
    });
  });

  it('asks the services at most once a second, however many ask for their health', async () => {
    const database = up('database');
    const service = new HealthService([database]);
    await Promise.all([service.check(), service.check(), service.check()]);
    expect(database.calls).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    await service.check();
    expect(database.calls).toBe(2);
  });
});
