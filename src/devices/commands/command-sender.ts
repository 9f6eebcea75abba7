import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { Rounds } from '../../common/rounds.js';
import { AppConfig } from '../../config/app-config.js';
import { MqttPublisher } from '../../mqtt/mqtt-publisher.js';
import { TOPICS, topicOf } from '../../mqtt/topics.js';
import { runJob } from '../../queue/job-context.js';
import type { SendOutcome } from './command-life.js';
import { LEASE_MS } from './command-life.js';
import { CommandStore } from './command-store.js';
import { toCommandMessage } from './command.mapper.js';
import type { DeviceCommand } from './device-command.entity.js';

/** How soon a command is sent that another process was told of, or that waited for the broker. */
const INTERVAL_MS = 1_000;
/** Commands of one claim. */
const BATCH = 200;
const CONNECT_WAIT_MS = 2_000;
/** A process that stood still this long after it had claimed leaves the command alone: its lease may be over. */
const LATEST_MS = LEASE_MS / 3;

/**
 * Sends commands that are due, in the processes that answer HTTP or do jobs: at once when the command was made in this
 * process, within a second otherwise. While the broker is away nothing is claimed, and everything waits.
 */
@Injectable()
export class CommandSender implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(CommandSender.name);
  private readonly rounds = new Rounds(INTERVAL_MS, () => this.send());
  private sending: Promise<void> | undefined;
  private again = false;
  private stopping = false;

  constructor(
    private readonly store: CommandStore,
    private readonly publisher: MqttPublisher,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.hasRole('api') || this.config.hasRole('worker')) this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.rounds.stop();
    await this.sending;
  }

  /** A command was made: sends it behind the scenes. */
  wake(): void {
    void this.send();
  }

  /** Sends everything that is due; a call while another one runs joins it. Never rejects. */
  send(): Promise<void> {
    this.again = true;
    this.sending ??= runJob('send-commands', () => this.sendAll()).finally(() => (this.sending = undefined));
    return this.sending;
  }

  private async sendAll(): Promise<void> {
    try {
      while (this.again && !this.stopping) {
        this.again = false;
        while (!this.stopping && (await this.sendSome()));
      }
    } catch (error) {
      this.logger.warn(`commands could not be sent; tried again: ${String(error)}`);
    }
  }

  /** @returns whether there may be more */
  private async sendSome(): Promise<boolean> {
    if (!(await this.store.hasDue(this.clock.nowMs()))) return false;
    if (!(await this.publisher.connected(CONNECT_WAIT_MS))) return false;
    const claimedAt = this.clock.nowMs();
    const commands = await this.store.claim(claimedAt, BATCH);
    if (commands.length === 0) return false;
    const sent = commands.map(async (command) => [command.id, await this.sendOne(command, claimedAt)] as const);
    await this.store.handOver(new Map(await Promise.all(sent)), this.clock.nowMs());
    return true;
  }

  private async sendOne(command: DeviceCommand, claimedAt: number): Promise<SendOutcome> {
    const now = this.clock.nowMs();
    const left = command.expiresAt.getTime() - now;
    if (left <= 0 || now - claimedAt > LATEST_MS) return 'not_sent';
    const topic = topicOf(TOPICS.command, command.deviceId);
    return this.publisher.publishOnce(topic, toCommandMessage(command), { expirySeconds: Math.ceil(left / 1000) });
  }
}
