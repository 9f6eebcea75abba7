import type { LiveEvent } from '../outbox/live-event.js';

/** Reads a municipality's log: events after a position, in order and without a hole between them. */
export type ReadLog = (after: number, limit: number) => Promise<LiveEvent[]>;

/** What a feed tells. */
export interface FeedListener {
  /** The next row; called in order, once per row, never while another call runs. */
  deliver(row: LiveEvent): void;
  /** Rows that should be there are gone, or the log began anew: it goes on after `position`, but nobody can go on with it. */
  broken(reason: string, position: number): void;
  /** The log could not be read; the feed stays behind until it is told a position again. */
  readFailed(error: unknown): void;
}

/** Rows that arrived before those in front of them; what does not fit is read again. */
const MAX_EARLY_ROWS = 512;
const MAX_EARLY_CHARACTERS = 8_000_000;
const READ_ROWS = 64;

/**
 * The live log of one municipality on this instance: puts rows that arrive from Redis in order, drops those it had, and
 * reads from the log what is missing between them.
 */
export class MunicipalityFeed {
  private readonly early = new Map<number, LiveEvent>();
  private earlyCharacters = 0;
  /** Highest position that is known to be committed. */
  private target: number;
  private last: number;
  private pumping: Promise<void> | undefined;
  private generation = 0;
  private closed = false;

  constructor(
    readonly municipalityId: string,
    position: number,
    private readonly read: ReadLog,
    private readonly listener: FeedListener,
  ) {
    this.last = position;
    this.target = position;
  }

  /** Everything up to here was delivered. */
  get lastPosition(): number {
    return this.last;
  }

  /** Nothing up to here has to be asked from Redis any more. */
  get knownPosition(): number {
    return this.target;
  }

  /** Takes rows from Redis, in any order, also such as came before. */
  offer(rows: readonly LiveEvent[]): void {
    for (const row of rows) {
      this.target = Math.max(this.target, row.position);
      if (row.position === this.last + 1 && !this.pumping) this.deliver(row);
      else this.keep(row);
    }
    this.pump();
  }

  /** Takes note of a committed position, and reads what is missing up to it. Nothing happens when it was delivered. */
  advanceTo(position: number): void {
    this.target = Math.max(this.target, position);
    this.pump();
  }

  /** Resolves when the position was delivered, or the feed closed. @throws what reading the log throws */
  async reach(position: number): Promise<void> {
    this.target = Math.max(this.target, position);
    while (this.last < position && !this.closed) await (this.pumping ?? this.start());
  }

  /** The log is shorter than what was delivered: the database was replaced. Goes on from the new end. */
  rewind(position: number): void {
    this.generation++;
    this.last = position;
    this.target = position;
    this.forgetEarly();
    this.listener.broken('the log began anew', position);
  }

  close(): void {
    this.closed = true;
    this.forgetEarly();
  }

  private pump(): void {
    if (this.pumping || this.last >= this.target || this.closed) return;
    this.start().catch((error: unknown) => this.listener.readFailed(error));
  }

  private start(): Promise<void> {
    this.pumping = this.catchUp().finally(() => (this.pumping = undefined));
    return this.pumping;
  }

  private async catchUp(): Promise<void> {
    while (this.last < this.target && !this.closed) {
      const next = this.early.get(this.last + 1);
      if (next) {
        this.deliver(next);
        continue;
      }
      const { generation } = this;
      const rows = await this.read(this.last, READ_ROWS);
      if (this.closed) return;
      if (generation === this.generation) this.deliverRead(rows);
    }
  }

  private deliverRead(rows: readonly LiveEvent[]): void {
    const [first] = rows;
    if (first === undefined || first.position > this.last + 1) {
      const goOnAfter = first === undefined ? this.target : first.position - 1;
      const reason = `events ${this.last + 1} to ${goOnAfter} are gone`;
      this.last = goOnAfter;
      this.forgetEarly();
      this.listener.broken(reason, goOnAfter);
    }
    for (const row of rows) if (row.position === this.last + 1) this.deliver(row);
  }

  private deliver(row: LiveEvent): void {
    this.last = row.position;
    this.target = Math.max(this.target, row.position);
    const early = this.early.get(row.position);
    if (early) {
      this.early.delete(row.position);
      this.earlyCharacters -= early.payload.length;
    }
    this.listener.deliver(row);
  }

  private keep(row: LiveEvent): void {
    const full = this.early.size >= MAX_EARLY_ROWS || this.earlyCharacters > MAX_EARLY_CHARACTERS;
    if (full || row.position <= this.last || this.early.has(row.position)) return;
    this.early.set(row.position, row);
    this.earlyCharacters += row.payload.length;
  }

  private forgetEarly(): void {
    this.early.clear();
    this.earlyCharacters = 0;
  }
}
