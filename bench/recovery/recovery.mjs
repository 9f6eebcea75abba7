/** Nothing is lost: the recovery scenarios at full size. */
import { printTable } from '../lib/table.mjs';
import { openTheatre, play, SCENARIOS } from './scenarios.mjs';

/** Readings of each scenario. */
const MESSAGES = 50_000;
/** Published a second, so that each disturbance comes in the middle. */
const RATE = 5_000;

export async function recovery() {
  const theatre = await openTheatre();
  const rows = [];
  try {
    for (const [scenario, { times }] of Object.entries(SCENARIOS)) {
      const { published, stored, distinct, rejected, seconds } = await play(theatre, scenario, MESSAGES, RATE);
      const verdict = published === stored && published === distinct && rejected === 0 ? 'nothing lost' : 'WRONG';
      rows.push({ scenario, times, published, stored, distinct, rejected, seconds, verdict });
    }
  } finally {
    await theatre.close();
  }
  printTable('Recovery (readings published under load against rows stored)', rows);
  if (rows.some(({ verdict }) => verdict === 'WRONG')) process.exitCode = 1;
  return rows;
}
