import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { currentRequestId } from '../common/request-context/request-context.js';
import type { Transaction } from '../database/transaction.js';
import type { LiveEvent, NewLiveEvent } from './live-event.js';
import { OutboxRelay } from './outbox-relay.js';

/** Limits of one insert: below the smallest usual packet of MySQL (16 MiB). */
const MAX_ROWS = 1_000;
const MAX_CHARACTERS = 4_000_000;
const COLUMNS = ['municipality_id', 'position', 'type', 'payload', 'request_id', 'occurred_at'];

/** Writes live events in the transaction of what they tell, and publishes them once it is committed. */
@Injectable()
export class OutboxService {
  constructor(
    private readonly relay: OutboxRelay,
    private readonly clock: Clock,
  ) {}

  /**
   * Gives the events their places in the logs of their municipalities, and stores them. Has to be the last step of a
   * transaction, and the only call in it: from here to the commit nobody else can write to these logs.
   * Events of one municipality keep their order.
   */
  async append(tx: Transaction, events: readonly NewLiveEvent[]): Promise<void> {
    if (events.length === 0) return;
    const byMunicipality = groupByMunicipality(events);
    // Sorted, so that two transactions wait for each other instead of meeting crosswise.
    const ids = [...byMunicipality.keys()].sort();
    const counts = ids.map((id) => byMunicipality.get(id)!.length);
    const lastPositions = await tx.dialect.reservePositions(tx.client, ids, counts);
    const shared = { occurredAt: this.clock.nowMs(), requestId: currentRequestId() ?? null };
    const rows = ids.flatMap((id, i) => {
      const before = lastPositions[i]! - counts[i]!;
      return byMunicipality.get(id)!.map(({ type, payload }, k): LiveEvent => ({
        municipalityId: id,
        position: before + k + 1,
        type,
        payload,
        ...shared,
      }));
    });
    for (const chunk of chunksOf(rows)) await insert(tx, chunk);
    tx.onCommit(() => this.relay.publish(rows));
  }
}

function groupByMunicipality(events: readonly NewLiveEvent[]): Map<string, NewLiveEvent[]> {
  const groups = new Map<string, NewLiveEvent[]>();
  for (const event of events) {
    const group = groups.get(event.municipalityId);
    if (group) group.push(event);
    else groups.set(event.municipalityId, [event]);
  }
  return groups;
}

/** Cuts rows into what one statement takes; nearly always that is all of them. */
function* chunksOf(rows: readonly LiveEvent[]): Generator<readonly LiveEvent[]> {
  let from = 0;
  let characters = 0;
  for (let i = 0; i < rows.length; i++) {
    const size = rows[i]!.payload.length;
    if (i > from && (i - from >= MAX_ROWS || characters + size > MAX_CHARACTERS)) {
      yield rows.slice(from, i);
      from = i;
      characters = 0;
    }
    characters += size;
  }
  yield from === 0 ? rows : rows.slice(from);
}

async function insert(tx: Transaction, rows: readonly LiveEvent[]): Promise<void> {
  const occurredAt = tx.dialect.instant(rows[0]!.occurredAt);
  const cells = rows.map(({ municipalityId, position, type, payload, requestId }) => {
    return [municipalityId, position, type, payload, requestId, occurredAt];
  });
  const { sql, params } = tx.dialect.insertRows('outbox_events', COLUMNS, cells);
  await tx.query(sql, params);
}
