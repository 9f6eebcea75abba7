import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTheatre, play, SCENARIOS, type Theatre } from '../../bench/recovery/scenarios.mjs';

/** Readings of each scenario; the benchmark does the same with 50,000. */
const MESSAGES = 6_000;
/** Published a second, so that each disturbance comes in the middle. */
const RATE = 1_500;

describe('nothing is lost', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  it.each(Object.keys(SCENARIOS))('when this happens under load: %s', async (name) => {
    const result = await play(theatre, name, MESSAGES, RATE);
    expect(result).toMatchObject({ published: MESSAGES, stored: MESSAGES, distinct: MESSAGES, rejected: 0 });
  });
});
