import type { InboundMessage } from './inbound-message.js';

export interface BatchLimits {
  readonly batchMaxMessages: number;
  readonly batchMaxBytes: number;
  readonly batchLingerMs: number;
  readonly batchConcurrency: number;
}

/** Lead of a running batch over the one that is started beside it. */
const HEAD_START_MS = 8;

/**
 * Gathers the messages of one pattern while the batch before them is handled: little load makes small batches at once,
 * much load makes large ones. `run` gets each batch, in order, never more than `batchConcurrency` at a time.
 */
export class MicroBatcher {
  /** Full batches that wait for their turn, and the one that is being filled. */
  private readonly full: InboundMessage[][] = [];
  private filling: InboundMessage[] = [];
  private fillingBytes = 0;
  private running = 0;
  private immediate: NodeJS.Immediate | undefined;
  private timer: NodeJS.Timeout | undefined;
  private idle: PromiseWithResolvers<void> | undefined;

  /** @param run settles when the batch is done with; its failures are its own business, it must not reject */
  constructor(
    private readonly limits: BatchLimits,
    private readonly run: (messages: InboundMessage[]) => Promise<void>,
  ) {}

  push(message: InboundMessage): void {
    const size = message.payload.length;
    if (this.filling.length > 0 && this.fillingBytes + size > this.limits.batchMaxBytes) this.seal();
    this.filling.push(message);
    this.fillingBytes += size;
    if (this.filling.length >= this.limits.batchMaxMessages) this.seal();
    if (this.running < this.limits.batchConcurrency) this.schedule();
  }

  /** Resolves when everything pushed so far has been run. */
  async drain(): Promise<void> {
    if (this.isEmpty()) return;
    this.idle ??= Promise.withResolvers<void>();
    await this.idle.promise;
  }

  /** Forgets what has not begun to run. */
  clear(): void {
    clearImmediate(this.immediate);
    clearTimeout(this.timer);
    this.immediate = this.timer = undefined;
    this.full.length = 0;
    this.filling = [];
    this.fillingBytes = 0;
  }

  private isEmpty(): boolean {
    return this.running === 0 && this.full.length === 0 && this.filling.length === 0;
  }

  private seal(): void {
    this.full.push(this.filling);
    this.filling = [];
    this.fillingBytes = 0;
  }

  /**
   * An idle pattern starts as soon as what arrived together has been parsed. Beside a running batch only a full one
   * starts: a small one would cost as much as it saves.
   */
  private schedule(): void {
    if (this.full.length > 0) this.startFull();
    else if (this.running === 0) this.immediate ??= setImmediate(() => this.start());
  }

  /** Reading a batch keeps the processor busy, so the one before it first gets its statements under way. */
  private startFull(): void {
    if (this.running === 0) this.start();
    else this.timer ??= setTimeout(() => this.start(), HEAD_START_MS);
  }

  private linger(): void {
    this.timer ??= setTimeout(() => this.start(), this.limits.batchLingerMs);
  }

  private start(): void {
    clearImmediate(this.immediate);
    clearTimeout(this.timer);
    this.immediate = this.timer = undefined;
    const batch = this.full.shift() ?? this.takeFilling();
    if (batch === undefined) return;
    this.running += 1;
    void this.run(batch).finally(() => this.finish());
  }

  private takeFilling(): InboundMessage[] | undefined {
    if (this.filling.length === 0) return undefined;
    this.seal();
    return this.full.shift();
  }

  private finish(): void {
    this.running -= 1;
    if (this.full.length > 0) this.startFull();
    else if (this.running > 0) return;
    else if (this.filling.length > 0) this.linger();
    else {
      this.idle?.resolve();
      this.idle = undefined;
    }
  }
}
