import { describe, expect, it, vi } from 'vitest';
import type { SqlDialect } from '../../database/dialects/sql-dialect.js';
import type { Transactions } from '../../database/transaction.js';
import { CompletenessReader } from './completeness-reader.js';

const DAY = 86_400_000;

/** A reader of series that each have these instants. */
function readerOf(instants: readonly string[]) {
  const query = vi.fn((_sql: string, [ids]: [number[]]) =>
    Promise.resolve({ rows: ids.flatMap((id) => instants.map((instant) => ({ series_id: id, instant }))) }),
  );
  const dialect = {
    anyOf: (_column: string, ids: number[]) => ({ sql: '', params: [ids] }),
    instant: (at: number) => at,
    epochMs: Number,
  };
  const reader = new CompletenessReader({ query } as unknown as Transactions, dialect as unknown as SqlDialect);
  return { reader, query };
}

/** Series of devices that have so many each. */
const seriesOf = (devices: number, each: number) =>
  new Map(Array.from({ length: devices * each }, (_, i) => [i, `device-${Math.floor(i / each)}`]));

describe('CompletenessReader.instants', () => {
  it('reads the fewer series at once the longer the stretch is, one at least', async () => {
    for (const [days, most] of [
      [0.25, 900],
      [1, 347],
      [30, 11],
      [4_000, 1],
    ] as const) {
      const { reader, query } = readerOf([]);
      await reader.instants(seriesOf(1_000, 1), { from: 0, to: days * DAY }, { left: 0 });
      expect(Math.max(...query.mock.calls.map(([, [ids]]) => ids.length))).toBe(most);
      expect(query).toHaveBeenCalledTimes(Math.ceil(1_000 / most));
    }
  });

  it('ends with RANGE_TOO_LARGE as soon as more was delivered than the budget allows, whatever was expected', async () => {
    const { reader, query } = readerOf(['10', '20', '30']);
    const budget = { left: 300 };
    const read = () => reader.instants(seriesOf(50, 5), { from: 0, to: 30 * DAY }, budget);
    // The values of one set count once.
    expect((await read()).get('device-7')).toEqual([10, 20, 30]);
    expect(budget.left).toBe(150);
    await read();
    query.mockClear();
    await expect(read()).rejects.toMatchObject({ code: 'RANGE_TOO_LARGE' });
    expect(query).toHaveBeenCalledTimes(1);
  });
});
