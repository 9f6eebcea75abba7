/** Where a command stands. */
export const COMMAND_STATUSES = [
  /** Waits to be sent. */
  'queued',
  /** A process has taken it and hands it to the broker right now. */
  'sending',
  /** The broker has it. */
  'sent',
  /** It was handed over, but whether the broker has it nobody knows: the process or the connection ended in between. */
  'unconfirmed',
  /** The device answered `ok`, `error` or `rejected`. */
  'succeeded',
  'failed',
  'rejected',
  /** It may have reached the device, which did not answer in time. */
  'timed_out',
  /** Its time was over before it could be sent. */
  'expired',
  'cancelled',
] as const;

/** Status of a command. */
export type CommandStatus = (typeof COMMAND_STATUSES)[number];

/** Statuses of commands that something is still to happen to. */
export const OPEN_STATUSES = ['queued', 'sending', 'sent', 'unconfirmed'] as const satisfies readonly CommandStatus[];

/** What a device says to a command. */
export type AnswerStatus = 'ok' | 'error' | 'rejected';

/** What became of handing a command to the broker. */
export type SendOutcome = 'taken' | 'refused' | 'not_sent' | 'unknown';

/** The part of a command that its life changes. */
export interface CommandLife {
  status: CommandStatus;
  /** Times that it was handed to the broker, or may have been. */
  attempts: number;
  readonly maxAttempts: number;
  readonly timeoutSeconds: number;
  readonly expiresAt: Date;
  /** When it is to be sent next; null: not at all as things stand. */
  dueAt?: Date | null;
  /** Until when the process that sends it is waited for. */
  leaseUntil?: Date | null;
  /** When the broker first took it. */
  sentAt?: Date | null;
  respondedAt?: Date | null;
  /** When nothing more was expected of it. */
  finishedAt?: Date | null;
  cancelledAt?: Date | null;
  late: boolean;
}

/** What changes in a command. */
export type LifeChange = Partial<Omit<CommandLife, 'maxAttempts' | 'timeoutSeconds' | 'expiresAt'>>;

/** How long a process that took a command is waited for; longer than a publish may take. */
export const LEASE_MS = 30_000;
/** Pause after the broker refused a command, or went away before it was sent. */
const AGAIN_AFTER_MS = 1_000;
const AGAIN_AFTER_REFUSAL_MS = 5_000;

const STATUS_OF_ANSWER: Readonly<Record<AnswerStatus, CommandStatus>> = {
  ok: 'succeeded',
  error: 'failed',
  rejected: 'rejected',
};

/** Whether something is still to happen to a command. */
export function isOpen({ status }: Pick<CommandLife, 'status'>): boolean {
  return (OPEN_STATUSES as readonly CommandStatus[]).includes(status);
}

/** A process takes the command in order to send it. Committed before it is sent, so that no two processes send it. */
export function claimed(command: CommandLife, now: number): LifeChange {
  const leaseUntil = new Date(now + LEASE_MS);
  return { status: 'sending', attempts: command.attempts + 1, dueAt: null, leaseUntil };
}

/** The process that took the command has tried to hand it to the broker. */
export function handedOver(command: CommandLife, outcome: SendOutcome, now: number): LifeChange {
  const sentAt = outcome === 'taken' ? (command.sentAt ?? new Date(now)) : (command.sentAt ?? null);
  // Answered or cancelled meanwhile, or the lease ran out: what happened since counts more.
  if (command.status !== 'sending') return outcome === 'taken' ? { sentAt } : {};
  if (outcome === 'taken' || outcome === 'unknown') {
    return { status: reached(sentAt), sentAt, leaseUntil: null, dueAt: nextAttempt(command, now) };
  }
  const attempts = command.attempts - 1;
  const pause = outcome === 'refused' ? AGAIN_AFTER_REFUSAL_MS : AGAIN_AFTER_MS;
  const status = attempts === 0 ? 'queued' : reached(sentAt);
  return { status, attempts, leaseUntil: null, dueAt: new Date(now + pause) };
}

/** Time has passed; nothing changes while the command is within its times. */
export function lapsed(command: CommandLife, now: number): LifeChange {
  if (!isOpen(command)) return {};
  const isLeased = command.status === 'sending' && (command.leaseUntil?.getTime() ?? 0) > now;
  if (isLeased) return {};
  if (command.expiresAt.getTime() <= now) {
    const status = command.attempts === 0 ? 'expired' : 'timed_out';
    return { status, finishedAt: new Date(now), dueAt: null, leaseUntil: null };
  }
  if (command.status !== 'sending') return {};
  const dueAt = command.attempts < command.maxAttempts ? new Date(now) : null;
  return { status: reached(command.sentAt ?? null), leaseUntil: null, dueAt };
}

/**
 * The device answered. The first answer tells what happened, whenever it comes; it is `late` when the time was over, or
 * somebody had cancelled the command. Undefined for a repeated answer, and for one to a command that was never sent.
 * @param at arrival of the answer, epoch milliseconds
 */
export function answered(command: CommandLife, answer: AnswerStatus, at: number): LifeChange | undefined {
  if ((command.respondedAt ?? null) !== null || command.attempts === 0) return undefined;
  const late = command.status === 'cancelled' || command.expiresAt.getTime() < at;
  const respondedAt = new Date(at);
  const finishedAt = late ? (command.finishedAt ?? respondedAt) : respondedAt;
  return { status: STATUS_OF_ANSWER[answer], late, respondedAt, finishedAt, dueAt: null, leaseUntil: null };
}

/** Somebody does not want it any more; undefined when it is over already. A device that has it cannot be stopped. */
export function cancelled(command: CommandLife, now: number): LifeChange | undefined {
  if (!isOpen(command)) return undefined;
  const at = new Date(now);
  return { status: 'cancelled', cancelledAt: at, finishedAt: at, dueAt: null, leaseUntil: null };
}

/** Attempts are spread evenly over the time that the device has. */
function nextAttempt({ attempts, maxAttempts, timeoutSeconds, expiresAt }: CommandLife, now: number): Date | null {
  if (attempts >= maxAttempts) return null;
  const at = now + (timeoutSeconds * 1000) / maxAttempts;
  return at < expiresAt.getTime() ? new Date(at) : null;
}

function reached(sentAt: Date | null): CommandStatus {
  return sentAt === null ? 'unconfirmed' : 'sent';
}
