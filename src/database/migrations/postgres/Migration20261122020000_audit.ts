import { Migration } from '@mikro-orm/migrations';

/** Tables whose rows are written once. */
const APPEND_ONLY = ['audit_logs', 'audit_seals'];

/** The audit log and its hash chains. */
export class Migration20261122020000_audit extends Migration {
  override up(): void {
    this.log();
    this.chains();
    this.addSql(`create function refuse_change() returns trigger language plpgsql as
      $$ begin raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege'; end $$`);
    for (const table of APPEND_ONLY) {
      this.addSql(`create trigger ${table}_append_only before update or delete on ${table}
        for each row execute function refuse_change()`);
      this.addSql(`create trigger ${table}_no_truncate before truncate on ${table}
        for each statement execute function refuse_change()`);
    }
  }

  private log(): void {
    this
      .addSql(`create table audit_logs (id uuid primary key, municipality_id uuid null, occurred_at timestamptz(3) not null,
      actor_kind varchar(16) not null, actor_id varchar(128) null, actor_label varchar(254) null,
      address varchar(64) null, user_agent varchar(512) null, request_id varchar(128) null, operation varchar(200) null,
      action varchar(64) not null, outcome varchar(16) not null,
      record_type varchar(64) null, record_id varchar(128) null, record_label varchar(254) null, changes text null)`);
    this.addSql(
      `create index audit_logs_municipality_id_occurred_at_id_index on audit_logs (municipality_id, occurred_at, id)`,
    );
    this.addSql(`create index audit_logs_occurred_at_id_index on audit_logs (occurred_at, id)`);
    this.addSql(`create index audit_logs_actor_id_occurred_at_id_index on audit_logs (actor_id, occurred_at, id)`);
    this.addSql(`create index audit_logs_record_type_record_id_occurred_at_id_index
      on audit_logs (record_type, record_id, occurred_at, id)`);
    this.addSql(`create index audit_logs_action_occurred_at_id_index on audit_logs (action, occurred_at, id)`);
    this.addSql(`create index audit_logs_request_id_index on audit_logs (request_id)`);
  }

  private chains(): void {
    this.addSql(`create table audit_pending (chain varchar(36) not null, audit_id uuid not null,
      constraint audit_pending_pkey primary key (chain, audit_id))`);
    this
      .addSql(`create table audit_chains (chain varchar(36) primary key, position bigint not null, hash varchar(64) not null,
      sealed_at timestamptz(3) not null, anchored_position bigint not null)`);
    this.addSql(`create table audit_seals (chain varchar(36) not null, position bigint not null, audit_id uuid not null,
      hash varchar(64) not null,
      constraint audit_seals_pkey primary key (chain, position),
      constraint audit_seals_audit_id_unique unique (audit_id))`);
    this
      .addSql(`create table audit_anchors (chain varchar(36) not null, day varchar(10) not null, position bigint not null,
      hash varchar(64) not null, signature varchar(128) not null, key_id varchar(64) not null, created_at timestamptz(3) not null, witnessed_at timestamptz(3) null,
      constraint audit_anchors_pkey primary key (chain, position))`);
    this
      .addSql(`create table audit_keys (id varchar(64) primary key, generation int not null, public_key varchar(500) not null,
      private_key_encrypted varchar(1000) not null, created_at timestamptz(3) not null,
      constraint audit_keys_generation_unique unique (generation))`);
  }

  override down(): void {
    for (const table of ['keys', 'anchors', 'seals', 'chains', 'pending', 'logs'])
      this.addSql(`drop table audit_${table}`);
    this.addSql(`drop function refuse_change()`);
  }
}
