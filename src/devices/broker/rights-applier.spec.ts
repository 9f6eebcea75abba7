import { describe, expect, it } from 'vitest';
import type { DynsecClient } from '../../mqtt/dynamic-security/dynsec-client.js';
import type { DynsecCommand, DynsecResponse } from '../../mqtt/dynamic-security/dynsec.types.js';
import { RightsApplier } from './rights-applier.js';
import type { DevicePlan } from './rights-diff.js';

/** A broker that answers when it is told to; a command about `refused` is refused. */
class SlowBroker {
  readonly messages: (readonly DynsecCommand[])[] = [];
  private readonly waiting: (() => void)[] = [];

  async send(commands: readonly DynsecCommand[]): Promise<DynsecResponse[]> {
    this.messages.push(commands);
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    return commands.map((command) => ({
      command: command.command,
      ...('username' in command && command.username === 'refused' ? { error: 'Internal error' } : {}),
    }));
  }

  get unanswered(): number {
    return this.waiting.length;
  }

  async answer(): Promise<void> {
    this.waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }

  async answerAll(): Promise<void> {
    while (this.unanswered > 0) await this.answer();
  }
}

const planOf = (deviceId: string, ...usernames: string[]): DevicePlan => ({
  deviceId,
  commands: usernames.map((username) => ({ command: 'deleteClient', username })),
  removes: true,
});
const many = (count: number) => Array.from({ length: count }, (_, n) => `user-${n}`);
const openApplier = () => {
  const broker = new SlowBroker();
  return { broker, applier: new RightsApplier(broker as unknown as DynsecClient) };
};

describe('what the broker is told', () => {
  it('is cut into messages also where one device alone needs more', async () => {
    const { broker, applier } = openApplier();
    const applied = applier.apply([planOf('gauge-1', ...many(100)), planOf('gauge-2', 'x')], () => true);
    await broker.answerAll();
    expect(await applied).toEqual({ done: new Set(['gauge-1', 'gauge-2']), failed: new Set() });
    expect(broker.messages[0]).toHaveLength(20);
    expect(broker.messages.flat()).toHaveLength(101);
  });

  it('is on its way before the broker has done with the message before', async () => {
    const { broker, applier } = openApplier();
    const applied = applier.apply([planOf('gauge-1', ...many(100))], () => true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(broker.unanswered).toBe(2);
    await broker.answer();
    expect(broker.unanswered).toBe(2);
    await broker.answerAll();
    await applied;
  });

  it('ends when something else is due, and a device that was told half is not done', async () => {
    const { broker, applier } = openApplier();
    const plans = [planOf('gauge-1', ...many(10)), planOf('gauge-2', 'refused', ...many(50)), planOf('gauge-3', 'x')];
    const applied = applier.apply(plans, () => broker.messages.length < 1);
    await broker.answerAll();
    expect(await applied).toEqual({ done: new Set(['gauge-1']), failed: new Set(['gauge-2']) });
    expect(broker.messages).toHaveLength(1);
    const half = applier.apply([planOf('gauge-2', ...many(50))], () => false);
    await broker.answerAll();
    expect(await half).toEqual({ done: new Set(), failed: new Set() });
  });
});
