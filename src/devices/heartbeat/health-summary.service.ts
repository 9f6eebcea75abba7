import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { tenantCondition } from '../../database/tenant-condition.js';
import { Transactions } from '../../database/transaction.js';
import { stateExpression } from './health-filter.js';
import { LIFE_STATES, type LifeState } from './life.js';

/** How many devices of a municipality are what. */
export interface HealthCounts {
  readonly municipalityId: string;
  readonly states: Readonly<Record<LifeState, number>>;
}

/** Counts the devices of the caller's municipalities by what they are. */
@Injectable()
export class HealthSummaryService {
  constructor(
    private readonly transactions: Transactions,
    private readonly clock: Clock,
  ) {}

  /** By municipality; one without devices is left out. */
  async count(municipalityId?: string): Promise<HealthCounts[]> {
    const tenant = tenantCondition('d.municipality_id');
    const own = municipalityId === undefined ? '' : 'and d.municipality_id = ?';
    const state = stateExpression('d', this.transactions.dialect.instant(this.clock.nowMs()));
    const { rows } = await this.transactions.query<{ municipality_id: string; state: LifeState; n: number | string }>(
      `select municipality_id, state, count(*) as n from (
         select d.municipality_id, ${state} as state from devices d where ${tenant.sql} ${own}) devices
       group by municipality_id, state order by municipality_id`,
      municipalityId === undefined ? tenant.params : [...tenant.params, municipalityId],
    );
    const counts = new Map<string, Record<LifeState, number>>();
    for (const row of rows) {
      const states = counts.get(row.municipality_id) ?? noDevices();
      states[row.state] = Number(row.n);
      counts.set(row.municipality_id, states);
    }
    return [...counts].map(([id, states]) => ({ municipalityId: id, states }));
  }
}

function noDevices(): Record<LifeState, number> {
  return Object.fromEntries(LIFE_STATES.map((state) => [state, 0])) as Record<LifeState, number>;
}
