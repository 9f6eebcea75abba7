import { Injectable, Logger } from '@nestjs/common';
import type { DynsecCommand } from '../../mqtt/dynamic-security/dynsec.types.js';
import { DynsecClient } from '../../mqtt/dynamic-security/dynsec-client.js';
import { BrokerState } from './broker-state.js';
import type { DevicePlan } from './rights-diff.js';

/** The broker stands still while it carries out a message: one is to take less than this. */
const MESSAGE_MS = 150;
/** Commands in a message; how many they may be depends on what the broker holds. */
const MIN_COMMANDS = 2;
const MAX_COMMANDS = 200;
const FIRST_COMMANDS = 20;
const STEP = 1.5;
/** While the broker works on a message the next one is on its way, so that it never waits for us. */
const IN_FLIGHT = 2;

/** What became of some plans. */
export interface Applied {
  readonly done: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
}

/** A command, and which device it is about. */
interface Step {
  readonly deviceId: string;
  readonly command: DynsecCommand;
}

/** Knows what the broker holds, and tells it what to change. */
@Injectable()
export class RightsApplier {
  private readonly logger = new Logger('BrokerRights');
  private known: { readonly state: BrokerState; readonly epoch: number } | undefined;
  private room = FIRST_COMMANDS;
  private lastAnswer = 0;

  constructor(private readonly client: DynsecClient) {}

  /** Nothing is known any more: the connection was lost, or a message went without an answer. */
  forget(): void {
    this.known = undefined;
  }

  /**
   * What the broker holds; asked anew when somebody else changed it since.
   * @param epoch number of changes made to it so far, by all instances
   */
  async state(epoch: number, fresh = false): Promise<BrokerState> {
    if (!fresh && this.known?.epoch === epoch) return this.known.state;
    this.known = undefined;
    const clients = await this.client.clients();
    const roles = await this.client.roles();
    const state = new BrokerState(clients, roles, await this.client.defaultAccess());
    this.known = { state, epoch };
    return state;
  }

  /** Remembers that the changes of this process have been counted. */
  counted(epoch: number): void {
    if (this.known !== undefined) this.known = { ...this.known, epoch };
  }

  /**
   * Carries out plans one after the other, as long as it may; those that are not finished then are in neither answer.
   * @param mayGoOn asked before every message but the first
   * @throws DynsecUnavailable, after which nothing is known of the broker
   */
  async apply(plans: readonly DevicePlan[], mayGoOn: () => boolean | Promise<boolean>): Promise<Applied> {
    const steps = plans.flatMap(({ deviceId, commands }) => commands.map((command) => ({ deviceId, command })));
    const [failed, left] = [new Set<string>(), new Map<string, number>()];
    for (const { deviceId, commands } of plans) left.set(deviceId, commands.length);
    const sent: Promise<void>[] = [];
    let next = 0;
    try {
      while (next < steps.length && (next === 0 || (await mayGoOn()))) {
        const message = steps.slice(next, next + Math.floor(this.room));
        next += message.length;
        const answered = this.send(message).then((wrong) => {
          for (const [index, { deviceId }] of message.entries()) {
            if (wrong[index]) failed.add(deviceId);
            left.set(deviceId, left.get(deviceId)! - 1);
          }
        });
        // Two may fail at once, and only one of them is being waited for.
        answered.catch(() => undefined);
        sent.push(answered);
        if (sent.length >= IN_FLIGHT) await sent.shift();
      }
      await Promise.all(sent);
    } catch (error) {
      await Promise.allSettled(sent);
      this.forget();
      throw error;
    }
    const done = [...left].filter(([deviceId, count]) => count === 0 && !failed.has(deviceId));
    return { done: new Set(done.map(([deviceId]) => deviceId)), failed };
  }

  /** One command that is about no device. @throws DynsecUnavailable */
  async tell(command: DynsecCommand): Promise<void> {
    const [answer] = await this.client.send([command]);
    if (answer?.error !== undefined) this.logger.warn(`the broker refuses ${command.command}: ${answer.error}`);
    this.forget();
  }

  /** Messages grow while they are quick, and shrink when they are slow. */
  private learn(commands: number, tookMs: number): void {
    if (tookMs > MESSAGE_MS) this.room = Math.max(MIN_COMMANDS, this.room / STEP);
    else if (tookMs < MESSAGE_MS / 2 && commands > this.room / 2) this.room = Math.min(MAX_COMMANDS, this.room * STEP);
  }

  /** Answers whether something went wrong, per step. */
  private async send(steps: readonly Step[]): Promise<boolean[]> {
    const begin = performance.now();
    const answers = await this.client.send(steps.map(({ command }) => command));
    const now = performance.now();
    // The broker began with it when it had finished the one before.
    this.learn(steps.length, now - Math.max(begin, this.lastAnswer));
    this.lastAnswer = now;
    for (const [index, { deviceId, command }] of steps.entries()) {
      const error = answers[index]?.error;
      if (error === undefined) this.known?.state.apply(command);
      else this.logger.warn(`${deviceId}: the broker says "${error}"; looking again`);
    }
    const wrong = answers.map(({ error }) => error !== undefined);
    if (wrong.includes(true)) this.forget();
    return wrong;
  }
}
