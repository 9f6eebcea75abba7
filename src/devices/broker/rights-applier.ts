import { Injectable, Logger } from '@nestjs/common';
import type { DynsecCommand } from '../../mqtt/dynamic-security/dynsec.types.js';
import { DynsecClient } from '../../mqtt/dynamic-security/dynsec-client.js';
import { BrokerState } from './broker-state.js';
import type { DevicePlan } from './rights-diff.js';

/** The broker stands still while it carries out a message: one is to take less than this. */
const MESSAGE_MS = 200;
/** Commands in a message; how many they may be depends on what the broker holds. */
const MIN_COMMANDS = 10;
const MAX_COMMANDS = 200;
const FIRST_COMMANDS = 20;
const STEP = 1.5;

/** What became of some plans. */
export interface Applied {
  readonly done: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
}

/** Knows what the broker holds, and tells it what to change. */
@Injectable()
export class RightsApplier {
  private readonly logger = new Logger('BrokerRights');
  private known: { readonly state: BrokerState; readonly epoch: number } | undefined;
  private room = FIRST_COMMANDS;

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
   * Carries out plans one after the other, as many as the time allows, but at least one; the others are in neither answer.
   * @throws DynsecUnavailable, after which nothing is known of the broker
   */
  async apply(plans: readonly DevicePlan[], budgetMs: number): Promise<Applied> {
    const [done, failed] = [new Set<string>(), new Set<string>()];
    const end = performance.now() + budgetMs;
    let next = 0;
    while (next < plans.length && (next === 0 || performance.now() < end)) {
      const message = this.messageFrom(plans, next);
      next += message.length;
      const errors = await this.send(message);
      for (const [index, { deviceId }] of message.entries()) (errors[index] ? failed : done).add(deviceId);
    }
    return { done, failed };
  }

  /** One command that is about no device. @throws DynsecUnavailable */
  async tell(command: DynsecCommand): Promise<void> {
    const [answer] = await this.client.send([command]);
    if (answer?.error !== undefined) this.logger.warn(`the broker refuses ${command.command}: ${answer.error}`);
    this.forget();
  }

  private messageFrom(plans: readonly DevicePlan[], from: number): DevicePlan[] {
    const message: DevicePlan[] = [];
    let commands = 0;
    for (const plan of plans.slice(from)) {
      commands += plan.commands.length;
      if (message.length > 0 && commands > this.room) break;
      message.push(plan);
    }
    return message;
  }

  /** Messages grow while they are quick, and shrink when they are slow. */
  private learn(commands: number, tookMs: number): void {
    if (tookMs > MESSAGE_MS) this.room = Math.max(MIN_COMMANDS, this.room / STEP);
    else if (tookMs < MESSAGE_MS / 2 && commands > this.room / 2) this.room = Math.min(MAX_COMMANDS, this.room * STEP);
  }

  /** Answers whether something went wrong, per plan. */
  private async send(plans: readonly DevicePlan[]): Promise<boolean[]> {
    const commands = plans.flatMap((plan) => plan.commands);
    const begin = performance.now();
    try {
      const answers = await this.client.send(commands);
      this.learn(commands.length, performance.now() - begin);
      const errors = answers.map(({ error }) => error);
      commands.forEach((command, index) => {
        if (errors[index] === undefined) this.known?.state.apply(command);
      });
      if (errors.some((error) => error !== undefined)) this.forget();
      let at = 0;
      return plans.map(({ deviceId, commands: own }) => {
        const wrong = errors.slice(at, (at += own.length)).find((error) => error !== undefined);
        if (wrong !== undefined) this.logger.warn(`${deviceId}: the broker says "${wrong}"; looking again`);
        return wrong !== undefined;
      });
    } catch (error) {
      this.forget();
      throw error;
    }
  }
}
