import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../common/clock.js';
import type { CompletenessReader, LedgerDevice, ReadingBudget } from './completeness-reader.js';
import { SlotLedger } from './slot-ledger.js';

describe('SlotLedger', () => {
  it('looks at no more readings in one answer than it has a budget for, however few are expected', async () => {
    const budgets = new Set<ReadingBudget>();
    const reader = {
      series: () => Promise.resolve(new Map()),
      instants: (_series: unknown, _stretch: unknown, budget: ReadingBudget) => {
        budgets.add(budget);
        budget.left -= 1_000_000;
        return Promise.resolve(new Map());
      },
      lastBefore: () => Promise.resolve(new Map()),
    } as unknown as CompletenessReader;
    const device = { lastReadingAt: null, registeredAt: 0, schedule: [{ since: 0, intervalSeconds: 86_400 }] };
    const devices = Array.from({ length: 3_000 }, (_, i) => ({ ...device, id: `${i}` }) as unknown as LedgerDevice);
    const day = { from: Date.UTC(2026, 2, 1), to: Date.UTC(2026, 2, 2) };
    let count = 0;
    for await (const { device: one } of new SlotLedger(reader, new SystemClock()).assess(devices, day)) {
      count += one.id === '' ? 0 : 1;
    }
    // All parts of the answer draw on the same one.
    expect(count).toBe(3_000);
    expect([...budgets].map(({ left }) => left)).toEqual([3_000_000]);
  });
});
