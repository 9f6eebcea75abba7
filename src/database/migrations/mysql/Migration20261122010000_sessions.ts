import { Migration } from '@mikro-orm/migrations';

/** Sign-in: sessions, refresh tokens, one-time links, second factors. */
export class Migration20261122010000_sessions extends Migration {
  override up(): void {
    // Nothing yet.
  }

  override down(): void {
    // Nothing yet.
  }
}
