import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Transactions, type Transaction } from './transaction.js';

/** Milliseconds between two looks at the version: what the registry says is in force everywhere within this time. */
const POLL_INTERVAL_MS = 250;

/** What is counted: changes of the registry, and ends of sessions. */
type CounterName = 'registry' | 'sessions';

/**
 * Version of everything that ingestion keeps in memory (devices, sensors, types, municipalities, rules).
 * Every administrative change bumps it in its own transaction; every instance looks at it a few times a second and
 * forgets what it had. The database, not Redis, carries it, so that a deactivated device is refused also while Redis is away.
 */
@Injectable()
export class RegistryVersion implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(RegistryVersion.name);
  private readonly listeners: Readonly<Record<CounterName, (() => void)[]>> = { registry: [], sessions: [] };
  private readonly known: Record<CounterName, number> = { registry: -1, sessions: -1 };
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<unknown> = Promise.resolve();
  private away = false;

  constructor(private readonly transactions: Transactions) {}

  /** Tells all instances that the registry changed, once the transaction commits. */
  bump(transaction: Transaction): Promise<void> {
    return this.count(transaction, 'registry');
  }

  /** Tells all instances that somebody's sessions ended, once the transaction commits; ingestion forgets nothing by it. */
  bumpSessions(transaction: Transaction): Promise<void> {
    return this.count(transaction, 'sessions');
  }

  /** Registers what to do when the registry changed: forget what was read before. */
  onChange(listener: () => void): void {
    this.listeners.registry.push(listener);
  }

  /** Registers what to do when sessions ended: forget who was let in before. */
  onSessionsEnded(listener: () => void): void {
    this.listeners.sessions.push(listener);
  }

  /** Looks at the version now; used by the timer and where a caller cannot wait for it. */
  async check(): Promise<void> {
    const { rows } = await this.transactions.query<{ name: CounterName; value: number | string }>(
      `select name, value from counters where name in ('registry', 'sessions')`,
    );
    for (const { name, value } of rows) {
      if (Number(value) === this.known[name]) continue;
      this.known[name] = Number(value);
      this.changed(name);
    }
  }

  onApplicationBootstrap(): void {
    this.schedule();
  }

  /** Waits for the look in hand: a statement that starts while the pool closes keeps it from ever closing. */
  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.looking;
  }

  private async count(transaction: Transaction, name: CounterName): Promise<void> {
    await transaction.query('update counters set value = value + 1 where name = ?', [name]);
    transaction.onCommit(() => this.changed(name));
  }

  private changed(name: CounterName): void {
    for (const listener of this.listeners[name]) listener();
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.looking = this.check()
        .then(
          () => (this.away = false),
          (error: unknown) => {
            if (!this.away) this.logger.warn(`registry version cannot be read: ${String(error)}`);
            this.away = true;
          },
        )
        .finally(() => {
          if (this.timer) this.schedule();
        });
    }, POLL_INTERVAL_MS);
    this.timer.unref();
  }
}
