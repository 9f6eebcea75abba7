import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { placeholders } from '../../database/sql.js';
import type { Transaction } from '../../database/transaction.js';
import { MunicipalityChanges } from '../../municipalities/municipality-changes.js';
import type { Municipality } from '../../municipalities/municipality.entity.js';
import { PresenceStore } from './presence.store.js';

/** Devices of one statement. */
const CHUNK = 2_000;

/** When a municipality is suspended or comes back, the next sweep looks at each of its devices, whatever it waits for. */
@Injectable()
export class MunicipalityLives implements OnModuleInit {
  constructor(
    private readonly store: PresenceStore,
    private readonly clock: Clock,
    private readonly municipalities: MunicipalityChanges,
  ) {}

  onModuleInit(): void {
    this.municipalities.onStatus((tx, municipality) => this.makeDue(tx, municipality));
  }

  private async makeDue(tx: Transaction, { id, status }: Municipality): Promise<void> {
    const now = tx.dialect.instant(this.clock.nowMs());
    // Nothing was taken from them while it was suspended, whether a sweep has seen that or not.
    const watchedSince = status === 'active' ? now : null;
    const { rows } = await tx.query<{ id: string }>(`select id from devices where municipality_id = ? order by id`, [
      id,
    ]);
    for (let from = 0; from < rows.length; from += CHUNK) {
      const some = rows.slice(from, from + CHUNK).map((row) => row.id);
      // In the order in which messages take them; whoever has one in hand writes its instant before us.
      await this.store.lockKnown(tx, some);
      await tx.query(
        `update device_presence set next_due_at = ?, watched_since = coalesce(?, watched_since)
         where device_id in ${placeholders(some.length)}`,
        [now, watchedSince, ...some],
      );
    }
  }
}
