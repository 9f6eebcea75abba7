import { Migration } from '@mikro-orm/migrations';

/** Devices whose rights at the broker are to be brought in step, and the state of that work. */
export class Migration20261124020000_broker extends Migration {
  override up(): void {
    this.addSql(`create table broker_changes (id uuid primary key, municipality_id uuid not null,
      device_id varchar(64) null, urgent boolean not null, due_at timestamptz(3) not null, attempts int not null default 0)`);
    this.addSql(`create index broker_changes_urgent_due_at_index on broker_changes (urgent, due_at)`);
    this.addSql(`create index broker_changes_device_id_index on broker_changes (device_id)`);
    this
      .addSql(`create table broker_sync (name varchar(32) primary key, epoch bigint not null, reconciled_at timestamptz(3) null,
      differences int not null default 0, unknown_passwords int not null default 0)`);
    this.addSql(`insert into broker_sync (name, epoch) values ('rights', 0)`);
  }

  override down(): void {
    this.addSql(`drop table broker_sync`);
    this.addSql(`drop table broker_changes`);
  }
}
