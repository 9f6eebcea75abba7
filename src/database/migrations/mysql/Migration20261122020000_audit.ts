import { Migration } from '@mikro-orm/migrations';

/** Byte order for texts, so that they compare as they do on PostgreSQL. */
const TABLE = 'character set utf8mb4 collate utf8mb4_bin engine = InnoDB';

/** Tables whose rows are written once. */
const APPEND_ONLY = ['audit_logs', 'audit_seals'];

/**
 * The account may not create triggers: no privilege (1044, 1142, 1227), or the server writes a binary log and asks for
 * more than the privilege (1419).
 */
const NOT_ALLOWED = new Set([1044, 1142, 1227, 1419]);

/** The audit log and its hash chains. */
export class Migration20261122020000_audit extends Migration {
  /** Statement by statement, since one that is refused must not end the migration. */
  override async up(): Promise<void> {
    await this.log();
    await this.chains();
    for (const table of APPEND_ONLY) {
      for (const verb of ['update', 'delete']) await this.refuse(table, verb);
    }
  }

  private async log(): Promise<void> {
    await this
      .execute(`create table audit_logs (id varchar(36) primary key, municipality_id varchar(36) null, occurred_at datetime(3) not null,
      actor_kind varchar(16) not null, actor_id varchar(128) null, actor_label varchar(254) null,
      address varchar(64) null, user_agent varchar(512) null, request_id varchar(128) null, operation varchar(200) null,
      action varchar(64) not null, outcome varchar(16) not null,
      record_type varchar(64) null, record_id varchar(128) null, record_label varchar(254) null, changes longtext null,
      index audit_logs_municipality_id_occurred_at_id_index (municipality_id, occurred_at, id),
      index audit_logs_occurred_at_id_index (occurred_at, id),
      index audit_logs_actor_id_occurred_at_id_index (actor_id, occurred_at, id),
      index audit_logs_record_type_record_id_occurred_at_id_index (record_type, record_id, occurred_at, id),
      index audit_logs_action_occurred_at_id_index (action, occurred_at, id),
      index audit_logs_request_id_index (request_id)) ${TABLE}`);
  }

  private async chains(): Promise<void> {
    await this.execute(`create table audit_pending (chain varchar(36) not null, audit_id varchar(36) not null,
      constraint audit_pending_pkey primary key (chain, audit_id)) ${TABLE}`);
    await this
      .execute(`create table audit_chains (chain varchar(36) primary key, position bigint not null, hash varchar(64) not null,
      sealed_at datetime(3) not null, anchored_position bigint not null) ${TABLE}`);
    await this
      .execute(`create table audit_seals (chain varchar(36) not null, position bigint not null, audit_id varchar(36) not null,
      hash varchar(64) not null,
      constraint audit_seals_pkey primary key (chain, position),
      constraint audit_seals_audit_id_unique unique (audit_id)) ${TABLE}`);
    await this
      .execute(`create table audit_anchors (chain varchar(36) not null, day varchar(10) not null, position bigint not null,
      hash varchar(64) not null, signature varchar(128) not null, key_id varchar(64) not null, created_at datetime(3) not null, witnessed_at datetime(3) null,
      constraint audit_anchors_pkey primary key (chain, position)) ${TABLE}`);
    await this
      .execute(`create table audit_keys (id varchar(64) primary key, generation int not null, public_key varchar(500) not null,
      private_key_encrypted varchar(1000) not null, created_at datetime(3) not null,
      constraint audit_keys_generation_unique unique (generation)) ${TABLE}`);
  }

  /** Without the trigger the hash chain alone tells of changes; docs/audit.md has the statement for who may run it. */
  private async refuse(table: string, verb: string): Promise<void> {
    try {
      await this.execute(`create trigger ${table}_no_${verb} before ${verb} on ${table} for each row
        signal sqlstate '45000' set message_text = '${table} is append-only'`);
    } catch (error) {
      if (!NOT_ALLOWED.has((error as { errno?: number }).errno ?? 0)) throw error;
    }
  }

  override down(): void {
    for (const table of ['keys', 'anchors', 'seals', 'chains', 'pending', 'logs'])
      this.addSql(`drop table audit_${table}`);
  }
}
