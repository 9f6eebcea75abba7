import { describe, expect, it } from 'vitest';
import { NetworkError, type HttpAnswer } from './http-client.js';
import { retryAfterMs, sendPatiently } from './retries.js';

const answer = (status: number, headers: HttpAnswer['headers'] = {}): HttpAnswer => ({ status, headers, text: '' });

/** Answers one after the other; counts what was waited. */
function course(...steps: (HttpAnswer | NetworkError)[]) {
  const pauses: number[] = [];
  const send = (): Promise<HttpAnswer> => {
    const step = steps.shift();
    if (step === undefined) throw new Error('asked too often');
    return step instanceof NetworkError ? Promise.reject(step) : Promise.resolve(step);
  };
  const wait = (ms: number): Promise<void> => (pauses.push(ms), Promise.resolve());
  return { pauses, left: steps, run: (patienceMs = 60_000) => sendPatiently(send, { patienceMs }, wait) };
}

describe('sendPatiently', () => {
  it('takes the first answer that counts', async () => {
    for (const status of [200, 201, 401, 404, 409, 422, 500]) {
      expect(await course(answer(status)).run()).toEqual({ answer: answer(status), uncertain: false });
    }
  });

  it('waits longer each time, and as long as it is asked to', async () => {
    const { run, pauses } = course(answer(503), answer(503), answer(429, { 'retry-after': '7' }), answer(200));
    expect((await run()).answer.status).toBe(200);
    expect(pauses[0]).toBeGreaterThanOrEqual(500);
    expect(pauses[1]).toBeGreaterThanOrEqual(1_000);
    expect(pauses[2]).toBe(7_000);
  });

  it('knows when an earlier attempt may have been carried out', async () => {
    const lost = new NetworkError('reset', false);
    expect((await course(answer(429), answer(200)).run()).uncertain).toBe(false);
    expect((await course(answer(504), answer(200)).run()).uncertain).toBe(true);
    expect((await course(lost, answer(200)).run()).uncertain).toBe(true);
  });

  it('gives up when patience is over, with what it was told last', async () => {
    expect((await course(answer(503), answer(503), answer(503)).run(1_300)).answer.status).toBe(503);
    await expect(
      course(new NetworkError('away', false), new NetworkError('still away', false)).run(700),
    ).rejects.toThrow('still away');
  });

  it('does not try again where that is no use', async () => {
    const { run, left } = course(new NetworkError('certificate', true), answer(200));
    await expect(run()).rejects.toThrow('certificate');
    expect(left).toHaveLength(1);
  });
});

describe('retryAfterMs', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  it.each([
    ['3', 3_000],
    ['Sun, 01 Mar 2026 12:00:05 GMT', 5_000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['99999999', 120_000],
    ['soon', 0],
    [undefined, 0],
  ])('reads %s', (text, ms) => {
    expect(retryAfterMs({ headers: { 'retry-after': text } }, now)).toBe(ms);
  });
});
