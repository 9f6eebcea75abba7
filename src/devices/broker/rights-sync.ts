import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { RegistryVersion } from '../../database/registry-version.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { Backoff } from '../../mqtt/backoff.js';
import { DynsecClient } from '../../mqtt/dynamic-security/dynsec-client.js';
import { RightsTurn, type Turn } from './rights-turn.js';

/** Also without being woken: rights end by themselves, and another instance may have died over its work. */
const LOOK_EVERY_MS = 500;
/** Another instance works on the broker; it takes turns of a fraction of a second. */
const BUSY_MS = 25;
const RETRY_INITIAL_MS = 250;
const RETRY_MAX_MS = 10_000;

/**
 * Keeps the broker's dynamic security in step with the devices, in every instance: at once when something changed, all
 * of it at the start, after each interruption, and now and then. One instance works at a time, in short turns, each in a
 * transaction that holds a lock: what is told the broker was read under that lock, so nothing old overwrites anything new.
 */
@Injectable()
export class RightsSync implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('BrokerRights');
  private readonly backoff = new Backoff(RETRY_INITIAL_MS, RETRY_MAX_MS);
  private stopping = false;
  private woken = false;
  private wakeUp: () => void = () => undefined;
  private working: Promise<void> = Promise.resolve();

  constructor(
    private readonly transactions: Transactions,
    private readonly registryVersion: RegistryVersion,
    private readonly client: DynsecClient,
    private readonly turn: RightsTurn,
  ) {}

  onApplicationBootstrap(): void {
    // Every change of a device bumps the version, and so does every one of a municipality.
    this.registryVersion.onChange(() => this.wake());
    this.client.open(() => {
      this.turn.startOver();
      this.wake();
    });
    this.working = this.work();
  }

  /** Begins no further turn, and waits for the one in hand. */
  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.working;
  }

  private wake(): void {
    this.woken = true;
    this.wakeUp();
  }

  private async work(): Promise<void> {
    while (!this.stopping) {
      this.woken = false;
      const turn = this.client.isReady ? await this.attempt() : 'idle';
      if (turn === 'idle') await this.rest(LOOK_EVERY_MS);
      if (turn === 'busy') await this.rest(BUSY_MS);
      if (turn === 'failed') await this.rest(this.backoff.next());
    }
  }

  private async attempt(): Promise<Turn | 'failed'> {
    try {
      if (!(await this.turn.isWanted(this.transactions))) return 'idle';
      const turn = await this.transactions.run((tx: Transaction) => this.turn.take(tx));
      this.backoff.reset();
      return turn;
    } catch (error) {
      this.logger.warn(`the broker is not in step: ${String(error)}`);
      await this.turn.undo(this.transactions).catch((cause: unknown) => this.logger.warn(String(cause)));
      return 'failed';
    }
  }

  /** Resolves after some time, or as soon as there may be work. */
  private async rest(milliseconds: number): Promise<void> {
    if (this.woken || this.stopping) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    this.wakeUp = resolve;
    await promise;
    clearTimeout(timer);
  }
}
