import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from '../../mqtt/backoff.js';
import { NetworkError, type HttpAnswer } from './http-client.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;
/** Nobody waits for an hour because a header says so. */
const LONGEST_RETRY_AFTER_MS = 120_000;
const TOO_MANY = 429;
/** Answers of the application, or of a proxy in front of it, that it is away or busy for now. */
const TRANSIENT = [TOO_MANY, 502, 503, 504];

/** How long a call is tried again, and who is told. */
export interface RetryPolicy {
  /** Milliseconds after the first failure in which it has to succeed. */
  readonly patienceMs: number;
  /** A line for people about what is waited for. */
  readonly onWait?: (why: string, pauseMs: number) => void;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/** An answer that counts, and what came before it. */
export interface Delivered {
  readonly answer: HttpAnswer;
  /** An earlier attempt may have been carried out, and its answer lost. */
  readonly uncertain: boolean;
}

/**
 * Sends until there is an answer that counts. The server may have done its work also when no answer came, so what is sent has
 * to bear being sent twice.
 * @throws NetworkError when patience or hope is over; AbortError
 */
export async function sendPatiently(
  send: () => Promise<HttpAnswer>,
  { patienceMs, onWait, signal }: RetryPolicy,
  wait: (ms: number, signal?: AbortSignal) => Promise<unknown> = (ms, stop) => sleep(ms, undefined, { signal: stop }),
): Promise<Delivered> {
  const backoff = new Backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
  let waited = 0;
  let uncertain = false;
  for (;;) {
    signal?.throwIfAborted();
    const outcome = await send().catch((error: unknown) => {
      if (!(error instanceof NetworkError)) throw error;
      return error;
    });
    if (outcome instanceof NetworkError ? outcome.permanent : !TRANSIENT.includes(outcome.status)) {
      if (outcome instanceof NetworkError) throw outcome;
      return { answer: outcome, uncertain };
    }
    uncertain ||= outcome instanceof NetworkError || outcome.status !== TOO_MANY;
    const pauseMs = Math.max(backoff.next(), outcome instanceof NetworkError ? 0 : retryAfterMs(outcome));
    if (waited + pauseMs > patienceMs) {
      if (outcome instanceof NetworkError) throw outcome;
      return { answer: outcome, uncertain };
    }
    onWait?.(outcome instanceof NetworkError ? outcome.message : `answered ${outcome.status}`, pauseMs);
    await wait(pauseMs, signal);
    waited += pauseMs;
  }
}

/** What `Retry-After` asks for: seconds, or a date. */
export function retryAfterMs({ headers }: Pick<HttpAnswer, 'headers'>, now = Date.now()): number {
  const text = headers['retry-after'];
  if (text === undefined) return 0;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.min(LONGEST_RETRY_AFTER_MS, Math.max(0, ms)) : 0;
}
