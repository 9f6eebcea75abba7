import { describe, expect, it } from 'vitest';
import {
  answered,
  cancelled,
  claimed,
  COMMAND_STATUSES,
  handedOver,
  isOpen,
  lapsed,
  LEASE_MS,
  type CommandLife,
  type LifeChange,
} from './command-life.js';

const T0 = Date.UTC(2026, 2, 1, 12);
const TIMEOUT_SECONDS = 60;
const END = T0 + TIMEOUT_SECONDS * 1000;

/** A command that was made at T0 and has a minute. */
function made(more: Partial<CommandLife> = {}): CommandLife {
  return {
    status: 'queued',
    attempts: 0,
    maxAttempts: 1,
    timeoutSeconds: TIMEOUT_SECONDS,
    expiresAt: new Date(END),
    dueAt: new Date(T0),
    late: false,
    ...more,
  };
}

/** The command after each step. */
function after(command: CommandLife, ...steps: ((command: CommandLife) => LifeChange | undefined)[]): CommandLife {
  return steps.reduce((now, step) => ({ ...now, ...step(now) }), command);
}

const claim =
  (seconds = 0) =>
  (c: CommandLife) =>
    claimed(c, T0 + seconds * 1000);
const take =
  (seconds = 0) =>
  (c: CommandLife) =>
    handedOver(c, 'taken', T0 + seconds * 1000);
const lose =
  (seconds = 0) =>
  (c: CommandLife) =>
    handedOver(c, 'unknown', T0 + seconds * 1000);
const fail =
  (seconds = 0) =>
  (c: CommandLife) =>
    handedOver(c, 'not_sent', T0 + seconds * 1000);
const pass = (ms: number) => (c: CommandLife) => lapsed(c, T0 + ms);
const answer = (seconds: number) => (c: CommandLife) => answered(c, 'ok', T0 + seconds * 1000);
const cancel = (seconds: number) => (c: CommandLife) => cancelled(c, T0 + seconds * 1000);

describe('a command', () => {
  it('is sent once and ends with its answer', () => {
    const sent = after(made(), claim(), take(1));
    expect(sent).toMatchObject({ status: 'sent', attempts: 1, sentAt: new Date(T0 + 1000), dueAt: null });
    expect(after(sent, answer(5))).toMatchObject({
      status: 'succeeded',
      late: false,
      respondedAt: new Date(T0 + 5000),
      finishedAt: new Date(T0 + 5000),
    });
    expect(after(sent, (c) => answered(c, 'error', T0))).toMatchObject({ status: 'failed' });
    expect(after(sent, (c) => answered(c, 'rejected', T0))).toMatchObject({ status: 'rejected' });
  });

  it('expires when it was never sent, and times out when it may have been', () => {
    expect(after(made(), pass(59_999))).toMatchObject({ status: 'queued' });
    expect(after(made(), pass(60_000))).toMatchObject({ status: 'expired', finishedAt: new Date(END), dueAt: null });
    expect(after(made(), claim(), take(), pass(60_000))).toMatchObject({ status: 'timed_out' });
    expect(after(made(), claim(), lose(), pass(60_000))).toMatchObject({ status: 'timed_out' });
    expect(after(made(), claim(), fail(), pass(60_000))).toMatchObject({ status: 'expired', attempts: 0 });
  });

  it('waits for the broker when nothing was sent, and that is no attempt', () => {
    const waiting = after(made(), claim(), fail(2));
    expect(waiting).toMatchObject({ status: 'queued', attempts: 0, dueAt: new Date(T0 + 3000), leaseUntil: null });
  });

  it('is not sent again when nobody knows whether the broker has it, unless more attempts were asked for', () => {
    expect(after(made(), claim(), lose())).toMatchObject({ status: 'unconfirmed', attempts: 1, dueAt: null });
    const again = after(made({ maxAttempts: 3 }), claim(), lose());
    expect(again).toMatchObject({ status: 'unconfirmed', dueAt: new Date(T0 + 20_000) });
  });

  it('is unknown when the process that sent it died, once its lease is over', () => {
    const held = after(made({ timeoutSeconds: 3600, expiresAt: new Date(T0 + 3_600_000) }), claim());
    expect(after(held, pass(LEASE_MS - 1))).toEqual(held);
    expect(after(held, pass(LEASE_MS))).toMatchObject({ status: 'unconfirmed', attempts: 1, dueAt: null });
    const twice = after(held, pass(LEASE_MS), pass(3_600_000));
    expect(twice).toMatchObject({ status: 'timed_out' });
    expect(after({ ...held, maxAttempts: 2 }, pass(LEASE_MS))).toMatchObject({ dueAt: new Date(T0 + LEASE_MS) });
  });

  it('spreads its attempts over its time, and makes no more than were asked for', () => {
    const first = after(made({ maxAttempts: 3 }), claim(), take());
    expect(first).toMatchObject({ status: 'sent', dueAt: new Date(T0 + 20_000) });
    const second = after(first, claim(20), take(20));
    expect(second).toMatchObject({ status: 'sent', attempts: 2, sentAt: new Date(T0), dueAt: new Date(T0 + 40_000) });
    expect(after(second, claim(40), take(40))).toMatchObject({ attempts: 3, dueAt: null });
    expect(after(second, claim(40), fail(41))).toMatchObject({ status: 'sent', attempts: 2 });
  });

  it('shows an answer that comes late as what it says, and as late', () => {
    const over = after(made(), claim(), take(), pass(60_000));
    expect(after(over, answer(75))).toMatchObject({
      status: 'succeeded',
      late: true,
      respondedAt: new Date(T0 + 75_000),
      finishedAt: new Date(END),
    });
    const inTime = after(made(), claim(), take(), pass(60_000), answer(59));
    expect(inTime).toMatchObject({ status: 'succeeded', late: false, finishedAt: new Date(T0 + 59_000) });
  });

  it('takes the first answer only, and none to what was never sent', () => {
    const done = after(made(), claim(), take(), answer(5));
    expect(answered(done, 'error', T0 + 6000)).toBeUndefined();
    expect(answered(made(), 'ok', T0)).toBeUndefined();
  });

  it('keeps an answer that overtakes the word that it was sent', () => {
    const done = after(made(), claim(), answer(1), take(2));
    expect(done).toMatchObject({ status: 'succeeded', sentAt: new Date(T0 + 2000) });
    expect(after(made(), claim(), answer(1), lose(2))).toMatchObject({ status: 'succeeded' });
  });

  it('can be cancelled while it is open; what the device did all the same is shown', () => {
    expect(after(made(), cancel(3))).toMatchObject({ status: 'cancelled', cancelledAt: new Date(T0 + 3000) });
    expect(after(made(), claim(), cancel(1), fail(2))).toMatchObject({ status: 'cancelled', dueAt: null });
    const done = after(made(), claim(), take(), cancel(3), answer(5));
    expect(done).toMatchObject({ status: 'succeeded', late: true, cancelledAt: new Date(T0 + 3000) });
    expect(cancelled(done, T0)).toBeUndefined();
  });

  it('stays as it is once it is over', () => {
    for (const status of COMMAND_STATUSES.filter((one) => !isOpen({ status: one }))) {
      expect(lapsed(made({ status }), END + 1)).toEqual({});
      expect(cancelled(made({ status }), END)).toBeUndefined();
    }
  });
});
