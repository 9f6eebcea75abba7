import { Migration } from '@mikro-orm/migrations';

/** Byte order for texts, so that tokens compare as they do on PostgreSQL. */
const TABLE = 'character set utf8mb4 collate utf8mb4_bin engine = InnoDB';

/** Sign-in: sessions, refresh tokens, one-time links, second factors. */
export class Migration20261122010000_sessions extends Migration {
  override up(): void {
    this.sessions();
    this.addSql(`create table one_time_tokens (token_hash varchar(64) primary key, user_id varchar(36) not null,
      purpose varchar(16) not null, created_at datetime(3) not null, expires_at datetime(3) not null, used_at datetime(3) null,
      constraint one_time_tokens_user_id_foreign foreign key (user_id) references users (id) on delete cascade) ${TABLE}`);
    this.addSql(`create index one_time_tokens_user_id_index on one_time_tokens (user_id)`);
    this.addSql(`create table second_factors (user_id varchar(36) primary key, secret varchar(255) not null,
      created_at datetime(3) not null, confirmed_at datetime(3) null, last_step int null,
      constraint second_factors_user_id_foreign foreign key (user_id) references users (id) on delete cascade) ${TABLE}`);
    this
      .addSql(`create table recovery_codes (user_id varchar(36) not null, code_hash varchar(64) not null, used_at datetime(3) null,
      constraint recovery_codes_pkey primary key (user_id, code_hash),
      constraint recovery_codes_user_id_foreign foreign key (user_id) references users (id) on delete cascade) ${TABLE}`);
    this.addSql(`insert into counters (name, value) values ('sessions', 0)`);
  }

  private sessions(): void {
    this.addSql(`create table sessions (id varchar(36) primary key, user_id varchar(36) not null,
      created_at datetime(3) not null, last_used_at datetime(3) not null, expires_at datetime(3) not null,
      address varchar(45) null, network varchar(45) null, user_agent varchar(300) null,
      ended_at datetime(3) null, end_reason varchar(32) null,
      constraint sessions_user_id_foreign foreign key (user_id) references users (id) on delete cascade) ${TABLE}`);
    this.addSql(`create index sessions_user_id_network_index on sessions (user_id, network)`);
    this.addSql(`create index sessions_expires_at_index on sessions (expires_at)`);
    this.addSql(`create table refresh_tokens (token_hash varchar(64) primary key, session_id varchar(36) not null,
      issued_at datetime(3) not null, used_at datetime(3) null,
      constraint refresh_tokens_session_id_foreign foreign key (session_id) references sessions (id) on delete cascade) ${TABLE}`);
    this.addSql(`create index refresh_tokens_session_id_index on refresh_tokens (session_id)`);
    this.addSql(`create index refresh_tokens_used_at_index on refresh_tokens (used_at)`);
  }

  override down(): void {
    this.addSql(`delete from counters where name = 'sessions'`);
    for (const table of ['recovery_codes', 'second_factors', 'one_time_tokens', 'refresh_tokens', 'sessions']) {
      this.addSql(`drop table ${table}`);
    }
  }
}
