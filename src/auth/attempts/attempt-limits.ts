import type { RateLimit } from '../../redis/rate-limiter.js';

/** Failures within a quarter of an hour after which a door is locked. */
const FAILURES = 10;
export const WINDOW_SECONDS = 15 * 60;
const DAY_SECONDS = 24 * 3600;
/** The longest lock; each one within a day is twice as long as the one before. */
const LONGEST_LOCK_SECONDS = 4 * 3600;
/** A house full of people shares an address. */
const FAILURES_OF_AN_ADDRESS = 50;

/** Something that can be tried and locked: its failures, and how often it was locked lately. */
export interface Door {
  readonly failures: RateLimit;
  readonly locks: RateLimit;
  readonly lock: string;
}

/** A door for people who try something; each name has counters of its own. */
function door(name: string): Door {
  return {
    failures: { name: `${name}-failures`, points: FAILURES, windowSeconds: WINDOW_SECONDS },
    // Never refuses: only its count is asked for.
    locks: { name: `${name}-locks`, points: 1_000_000, windowSeconds: DAY_SECONDS },
    lock: `${name}-lock`,
  };
}

/** An account, whether it exists or not, for everybody who has not signed in to it lately. */
export const ACCOUNT_DOOR = door('sign-in-account');
/** An account from an address where its owner signed in lately: nobody elsewhere can lock this one. */
export const KNOWN_DOOR = door('sign-in-known');
/** Somebody who is signed in and has to show the password or a code once more. */
export const CONFIRM_DOOR = door('confirm');

/** Failed sign-ins of an address, over all accounts. */
export const ADDRESS_FAILURES: RateLimit = {
  name: 'sign-in-address',
  points: FAILURES_OF_AN_ADDRESS,
  windowSeconds: WINDOW_SECONDS,
};

/** Refresh tokens that were none, by address. */
export const REFRESH_FAILURES: RateLimit = { name: 'refresh-address', points: 100, windowSeconds: WINDOW_SECONDS };
/** Links that were none, by address. */
export const LINK_FAILURES: RateLimit = { name: 'link-address', points: 20, windowSeconds: WINDOW_SECONDS };
/** Requests for a link, by address. */
export const LINK_REQUESTS: RateLimit = { name: 'link-requests', points: 20, windowSeconds: 3600 };
/** Links that are sent to an account. */
export const LINKS_SENT: RateLimit = { name: 'links-sent', points: 3, windowSeconds: 3600 };
/** E-mails about a lock-out. */
export const LOCK_OUT_MAILS: RateLimit = { name: 'lock-out-mails', points: 1, windowSeconds: 3600 };

/** The lock itself: refuses from its first point until its time is over. @param count how many there were within a day */
export function lockOf({ lock }: Door, count = 1): RateLimit {
  const windowSeconds = Math.min(WINDOW_SECONDS * 2 ** Math.max(0, count - 1), LONGEST_LOCK_SECONDS);
  return { name: lock, points: 1, windowSeconds };
}
