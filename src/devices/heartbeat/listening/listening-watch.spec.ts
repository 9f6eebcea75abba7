import { beforeEach, describe, expect, it } from 'vitest';
import { Clock } from '../../../common/clock.js';
import type { AppConfig } from '../../../config/app-config.js';
import type { Transactions } from '../../../database/transaction.js';
import { MqttConnectionState } from '../../../mqtt/mqtt-connection-state.js';
import type { Listening } from './listening.js';
import { ListeningWatch } from './listening-watch.js';

const T0 = Date.UTC(2026, 2, 1, 12);
const SECOND = 1_000;

class StandingClock extends Clock {
  at = T0;

  now(): Date {
    return new Date(this.at);
  }
}

describe('ListeningWatch', () => {
  let clock: StandingClock;
  let mqtt: MqttConnectionState;
  let watch: ListeningWatch;
  let away: boolean;
  /** What the database was told: span → its door, beginning and end, in seconds after the start. */
  let told: Map<string, [string, number, number]>;

  beforeEach(() => {
    clock = new StandingClock();
    away = false;
    told = new Map();
    const seconds = (at: unknown): number => (Number(at) - T0) / SECOND;
    const transactions = {
      dialect: { upsert: () => 'upsert', instant: String },
      query: (_sql: string, params: readonly string[]) => {
        if (away) return Promise.reject(new Error('ECONNREFUSED'));
        for (let i = 0; i < params.length; i += 4) {
          told.set(params[i]!, [params[i + 1]!, seconds(params[i + 2]), seconds(params[i + 3])]);
        }
        return Promise.resolve({ rows: [], affected: 0 });
      },
    };
    mqtt = new MqttConnectionState(clock);
    mqtt.become('connected');
    mqtt.subscribed = true;
    mqtt.probe = () => mqtt.heard();
    watch = new ListeningWatch(
      transactions as unknown as Transactions,
      { refresh: () => Promise.resolve() } as unknown as Listening,
      mqtt,
      { hasRole: () => true } as unknown as AppConfig,
      clock,
    );
  });

  /** Beats every two seconds, the failing ones as well. */
  async function beatUntil(second: number): Promise<void> {
    for (; clock.at <= T0 + second * SECOND; clock.at += 2 * SECOND) {
      mqtt.heard();
      await watch.beat().catch(() => undefined);
    }
  }

  const spans = (door: string) => [...told.values()].filter(([of]) => of === door).map(([, ...span]) => span);

  it('says one span as long as nothing is in its way', async () => {
    await beatUntil(30);
    expect(spans('http')).toEqual([[0, 30]]);
    expect(spans('mqtt')).toEqual([[0, 30]]);
  });

  it('does not count what the database did not take, however fast it refused', async () => {
    await beatUntil(10);
    away = true;
    await beatUntil(190);
    away = false;
    await beatUntil(200);
    for (const door of ['http', 'mqtt']) {
      expect(spans(door)).toEqual([
        [0, 10],
        [192, 200],
      ]);
    }
  });

  it('goes on after a hiccup', async () => {
    await beatUntil(10);
    away = true;
    await beatUntil(18);
    away = false;
    await beatUntil(30);
    expect(spans('http')).toEqual([[0, 30]]);
    expect(spans('mqtt')).toEqual([[0, 30]]);
  });

  it('takes in first what had to wait for the database', async () => {
    await beatUntil(900);
    away = true;
    mqtt.counters.parked = true;
    mqtt.counters.parkings = 1;
    await beatUntil(990);
    away = false;
    await beatUntil(1_010);
    mqtt.counters.parked = false;
    await beatUntil(1_020);
    expect(spans('http').at(-1)).toEqual([992, 1_020]);
    expect(spans('mqtt').at(-1)![0]).toBeGreaterThan(1_010);
  });

  it('is deaf while the broker is away, and begins anew with each connection', async () => {
    await beatUntil(10);
    mqtt.become('offline');
    await beatUntil(14);
    mqtt.become('connected');
    await beatUntil(20);
    expect(spans('http')).toEqual([[0, 20]]);
    expect(spans('mqtt')).toEqual([
      [0, 10],
      [16, 20],
    ]);
  });
});
