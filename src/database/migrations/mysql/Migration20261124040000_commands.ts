import { Migration } from '@mikro-orm/migrations';

/** Byte order for texts, so that names and codes compare as they do on PostgreSQL. */
const TABLE = 'character set utf8mb4 collate utf8mb4_bin engine = InnoDB';
const TIMES = 'created_at datetime(3) not null, updated_at datetime(3) not null';

/** Device groups, commands to devices, and the calls that sent one to a whole group. */
export class Migration20261124040000_commands extends Migration {
  override up(): void {
    this.groups();
    this.batches();
    this.commands();
  }

  private groups(): void {
    this
      .addSql(`create table device_groups (id varchar(36) primary key, municipality_id varchar(36) not null, name varchar(200) not null,
      description varchar(500) not null default '', version int not null default 1, ${TIMES},
      constraint device_groups_municipality_id_name_unique unique (municipality_id, name),
      constraint device_groups_municipality_id_foreign foreign key (municipality_id) references municipalities (id)) ${TABLE}`);
    this.addSql(`create index device_groups_municipality_id_id_index on device_groups (municipality_id, id)`);
    this
      .addSql(`create table device_group_members (group_id varchar(36) not null, device_id varchar(64) not null, municipality_id varchar(36) not null,
      created_at datetime(3) not null, primary key (group_id, device_id),
      constraint device_group_members_group_id_foreign foreign key (group_id) references device_groups (id) on delete cascade,
      constraint device_group_members_device_id_foreign foreign key (device_id) references devices (id) on delete cascade,
      constraint device_group_members_municipality_id_foreign foreign key (municipality_id) references municipalities (id)) ${TABLE}`);
    this.addSql(`create index device_group_members_device_id_index on device_group_members (device_id)`);
    this.addSql(`create index device_group_members_municipality_id_index on device_group_members (municipality_id)`);
  }

  private batches(): void {
    this
      .addSql(`create table command_batches (id varchar(36) primary key, municipality_id varchar(36) not null, group_id varchar(36) null,
      name varchar(64) not null, payload json null, timeout_seconds int not null, max_attempts int not null,
      total int not null, skipped json not null, requested_by varchar(36) null, idempotency_key varchar(128) null,
      created_at datetime(3) not null,
      constraint command_batches_group_id_idempotency_key_unique unique (group_id, idempotency_key),
      constraint command_batches_municipality_id_foreign foreign key (municipality_id) references municipalities (id),
      constraint command_batches_group_id_foreign foreign key (group_id) references device_groups (id) on delete set null) ${TABLE}`);
    this.addSql(`create index command_batches_municipality_id_index on command_batches (municipality_id)`);
    this.addSql(`create index command_batches_group_id_id_index on command_batches (group_id, id)`);
  }

  private commands(): void {
    this
      .addSql(`create table device_commands (id varchar(36) primary key, municipality_id varchar(36) not null, device_id varchar(64) not null,
      batch_id varchar(36) null, name varchar(64) not null, payload json null, status varchar(16) not null default 'queued',
      timeout_seconds int not null, expires_at datetime(3) not null, attempts int not null default 0,
      max_attempts int not null default 1, due_at datetime(3) null, lease_until datetime(3) null,
      sent_at datetime(3) null, responded_at datetime(3) null, finished_at datetime(3) null,
      cancelled_at datetime(3) null, late tinyint(1) not null default 0, result json null,
      result_omitted tinyint(1) not null default 0, error varchar(500) null, requested_by varchar(36) null,
      cancelled_by varchar(36) null, idempotency_key varchar(128) null, ${TIMES},
      constraint device_commands_device_id_idempotency_key_unique unique (device_id, idempotency_key),
      constraint device_commands_municipality_id_foreign foreign key (municipality_id) references municipalities (id),
      constraint device_commands_device_id_foreign foreign key (device_id) references devices (id) on delete cascade,
      constraint device_commands_batch_id_foreign foreign key (batch_id) references command_batches (id) on delete cascade) ${TABLE}`);
    for (const columns of ['municipality_id', 'batch_id', 'device_id, id', 'status, due_at', 'status, expires_at']) {
      const name = `device_commands_${columns.replaceAll(', ', '_')}_index`;
      this.addSql(`create index ${name} on device_commands (${columns})`);
    }
  }

  override down(): void {
    this.addSql(`drop table device_commands`);
    this.addSql(`drop table command_batches`);
    this.addSql(`drop table device_group_members`);
    this.addSql(`drop table device_groups`);
  }
}
