import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../../../common/clock.js';
import { newId } from '../../../common/ids.js';
import { Rounds } from '../../../common/rounds.js';
import { AppConfig } from '../../../config/app-config.js';
import { Transactions } from '../../../database/transaction.js';
import { MqttConnectionState } from '../../../mqtt/mqtt-connection-state.js';
import type { Door } from './listening-span.entity.js';
import { Listening } from './listening.js';

/** Milliseconds between two words about it. */
const BEAT_MS = 2_000;
/** After a longer pause (the process stood still, or the database was away) nobody can say that it listened meanwhile. */
const MAX_PAUSE_MS = 10_000;
/** What waited at the broker is taken in before listening counts, but not for ever. */
const MAX_DRAIN_MS = 10 * 60_000;
const DOORS: readonly Door[] = ['http', 'mqtt'];
const KEPT_MS = 400 * 24 * 3_600_000;

interface OpenSpan {
  readonly id: string;
  readonly since: number;
  readonly until: number;
  /** When it was last spoken of, and the database has taken it. */
  readonly beatAt: number;
}

/**
 * Says in the database, every other second, that this process listens to devices: by MQTT while it is connected and
 * subscribed, the broker answers, and what had waited there is taken in; by HTTP while it runs.
 */
@Injectable()
export class ListeningWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ListeningWatch.name);
  private readonly rounds = new Rounds(BEAT_MS, () => this.beatQuietly());
  private readonly spans = new Map<Door, OpenSpan>();
  private parkings = 0;
  /** When listening to the broker was last found interrupted; what waits since then is taken in first. */
  private deafAt = -Infinity;
  private failing = false;

  constructor(
    private readonly transactions: Transactions,
    private readonly listening: Listening,
    private readonly mqtt: MqttConnectionState,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /** Also in processes that do not listen: they judge by what the others say. */
  onApplicationBootstrap(): void {
    this.rounds.start();
    void this.prune();
  }

  /** The last word, so that what comes while nobody listens does not count. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
    await this.beatQuietly();
  }

  /** Says where this process stands, and looks at what the others said. */
  async beat(): Promise<void> {
    const now = this.clock.nowMs();
    this.endUnsaid(now);
    const heard: Record<Door, number | null> = {
      http: this.config.hasRole('api') ? now : null,
      mqtt: this.heardFromBroker(now),
    };
    const open = DOORS.flatMap((door) => {
      const span = this.continued(door, heard[door], now);
      return span === undefined ? [] : [[door, span] as const];
    });
    if (open.length > 0) {
      const { dialect } = this.transactions;
      await this.transactions.query(
        dialect.upsert('listening_spans', ['id', 'door', 'heard_since', 'heard_until'], open.length),
        open.flatMap(([door, { id, since, until }]) => [id, door, dialect.instant(since), dialect.instant(until)]),
      );
      // Only now is it said: what the database did not take while it was away is a pause.
      for (const [door, span] of open) this.spans.set(door, span);
    }
    await this.listening.refresh(now);
  }

  /** What was not spoken of for too long is over, whatever happened meanwhile. */
  private endUnsaid(now: number): void {
    for (const [door, { beatAt }] of this.spans) {
      if (now - beatAt <= MAX_PAUSE_MS) continue;
      this.spans.delete(door);
      if (door === 'mqtt') this.deafAt = now;
    }
  }

  /**
   * The span of a door as it is to be said.
   * @param heardAt up to when the door was open; null: it is closed
   */
  private continued(door: Door, heardAt: number | null, now: number): OpenSpan | undefined {
    if (heardAt === null || heardAt < now - MAX_PAUSE_MS) {
      this.spans.delete(door);
      return undefined;
    }
    const span = this.spans.get(door);
    if (span === undefined) return { id: newId(), since: now, until: now, beatAt: now };
    return { ...span, until: Math.max(span.until, heardAt), beatAt: now };
  }

  /** When the broker last said anything; null while messages cannot come, or old ones still do. */
  private heardFromBroker(now: number): number | null {
    const { counters, subscribed, status, since } = this.mqtt;
    const waited = counters.parked || counters.parkings !== this.parkings;
    this.parkings = counters.parkings;
    if (status !== 'connected' || !subscribed) return null;
    // Connected anew since the last beat: what was sent in between may be lost.
    if (since.getTime() > (this.spans.get('mqtt')?.until ?? 0)) this.spans.delete('mqtt');
    // The answer is heard before the next beat: a broker that is gone without a word is noticed by its silence.
    this.mqtt.probe();
    const waitsSince = Math.max(since.getTime(), this.deafAt);
    if (waited && !this.spans.has('mqtt') && now - waitsSince < MAX_DRAIN_MS) return null;
    return this.mqtt.heardAt;
  }

  private async beatQuietly(): Promise<void> {
    try {
      await this.beat();
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.logger.warn(`that devices are listened to cannot be noted: ${String(error)}`);
      this.failing = true;
    }
  }

  private async prune(): Promise<void> {
    const limit = this.transactions.dialect.instant(this.clock.nowMs() - KEPT_MS);
    await this.transactions
      .query(`delete from listening_spans where heard_until < ?`, [limit])
      .catch((error: unknown) => this.logger.debug(`old spans are kept for now: ${String(error)}`));
  }
}
