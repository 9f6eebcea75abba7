import { Migration } from '@mikro-orm/migrations';

/** The audit log and its hash chains. */
export class Migration20261122020000_audit extends Migration {
  override up(): void {
    // Nothing yet.
  }

  override down(): void {
    // Nothing yet.
  }
}
