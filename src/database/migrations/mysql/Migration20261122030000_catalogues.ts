import { Migration } from '@mikro-orm/migrations';

/** Protocols, dashboards, and versions for optimistic locking. */
export class Migration20261122030000_catalogues extends Migration {
  override up(): void {
    // Nothing yet.
  }

  override down(): void {
    // Nothing yet.
  }
}
