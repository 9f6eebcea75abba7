import { beforeEach, describe, expect, it } from 'vitest';
import { VerdictCache } from './verdicts.mjs';

const AWAY = new Error('away');

describe('VerdictCache', () => {
  let now;
  let answer;
  let asked;
  let withdrawn;
  let cache;

  beforeEach(() => {
    now = 0;
    answer = true;
    asked = 0;
    withdrawn = 0;
    cache = new VerdictCache(() => now);
  });

  const decide = () =>
    cache.decide(
      'key',
      async () => {
        asked += 1;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      () => (withdrawn += 1),
    );
  const background = () => new Promise((resolve) => setImmediate(resolve));

  it('asks once for questions that come close together', async () => {
    expect(await decide()).toBe(true);
    now = 900;
    expect(await decide()).toBe(true);
    expect(asked).toBe(1);
  });

  it('always asks again after a refusal', async () => {
    answer = false;
    expect(await decide()).toBe(false);
    answer = true;
    expect(await decide()).toBe(true);
  });

  it('answers at once from memory, asks in the background and tells of a withdrawn right', async () => {
    await decide();
    answer = false;
    now = 1_500;
    expect(await decide()).toBe(true);
    await background();
    expect(withdrawn).toBe(1);
    expect(await decide()).toBe(false);
  });

  it('keeps a right for 30 s while nobody can be asked, and no longer', async () => {
    await decide();
    answer = AWAY;
    now = 29_000;
    expect(await decide()).toBe(true);
    await background();
    now = 30_500;
    await expect(decide()).rejects.toBe(AWAY);
    expect(withdrawn).toBe(0);
  });

  it('does not remember that nobody could be asked', async () => {
    answer = AWAY;
    await expect(decide()).rejects.toBe(AWAY);
    answer = true;
    expect(await decide()).toBe(true);
  });
});
