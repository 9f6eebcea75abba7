import { Migration } from '@mikro-orm/migrations';

/** Byte order for texts, so that names and codes compare as they do on PostgreSQL. */
const TABLE = 'character set utf8mb4 collate utf8mb4_bin engine = InnoDB';

/** Columns that only an alert about a sensor has. */
const OF_SENSORS = {
  rule_id: 'varchar(36)',
  sensor_id: 'varchar(36)',
  metric: 'varchar(64)',
  opening_value: 'double',
  last_value: 'double',
};

/** Columns of `device_presence` that are new. */
const PRESENCE = [
  'last_data_at',
  'clock_wrong_at',
  'state',
  'state_since',
  'reason',
  'conditions',
  'watched_since',
  'next_due_at',
];

/** Alerts about devices; states of devices, their history, and when somebody listened to them. */
export class Migration20261124030000_device_life extends Migration {
  override up(): void {
    this.alerts();
    this.presence();
    this.history();
    this.addSql(`create table listening_spans (id varchar(36) primary key, door varchar(8) not null,
      heard_since datetime(3) not null, heard_until datetime(3) not null) ${TABLE}`);
    this.addSql(`create index listening_spans_door_heard_until_index on listening_spans (door, heard_until)`);
  }

  private alerts(): void {
    for (const [column, type] of Object.entries(OF_SENSORS))
      this.addSql(`alter table alerts modify \`${column}\` ${type} null`);
    this.addSql(
      `alter table alerts add column kind varchar(32) not null default 'rule', add column device_marker smallint null`,
    );
    this.addSql(
      `alter table alerts add constraint alerts_one_open_per_device_and_kind unique (device_id, kind, device_marker)`,
    );
    this.addSql(`alter table alerts add constraint alerts_kind_check check (
      (kind = 'rule' and device_marker is null and rule_id is not null and sensor_id is not null and metric is not null
        and opening_value is not null and \`last_value\` is not null)
      or (kind <> 'rule' and rule_id is null and coalesce(device_marker, 0) = coalesce(open_marker, 0)))`);
  }

  private presence(): void {
    this.addSql(
      `alter table devices add column maintenance_until datetime(3) null, add column maintenance_reason varchar(500) null`,
    );
    this
      .addSql(`alter table device_presence add column last_data_at datetime(3) null, add column clock_wrong_at datetime(3) null,
      add column state varchar(16) not null default 'online', add column state_since datetime(3) null,
      add column reason varchar(24) null, add column conditions varchar(120) not null default '',
      add column watched_since datetime(3) null, add column next_due_at datetime(3) null`);
    // The first sweep looks at everybody.
    this.addSql(`update device_presence set next_due_at = last_seen_at`);
    this.addSql(`create index device_presence_next_due_at_device_id_index on device_presence (next_due_at, device_id)`);
  }

  private history(): void {
    this.addSql(`create table device_status_history (id varchar(36) primary key, device_id varchar(64) not null,
      municipality_id varchar(36) not null, from_state varchar(16) not null, to_state varchar(16) not null,
      reason varchar(24) not null, changed_at datetime(3) not null,
      constraint device_status_history_device_id_foreign foreign key (device_id) references devices (id) on delete cascade,
      constraint device_status_history_municipality_id_foreign foreign key (municipality_id) references municipalities (id)) ${TABLE}`);
    this.addSql(`create index device_status_history_device_id_changed_at_id_index
      on device_status_history (device_id, changed_at, id)`);
    this.addSql(`create index device_status_history_municipality_id_changed_at_index
      on device_status_history (municipality_id, changed_at)`);
  }

  override down(): void {
    this.addSql(`drop table listening_spans`);
    this.addSql(`drop table device_status_history`);
    this.addSql(`drop index device_presence_next_due_at_device_id_index on device_presence`);
    for (const column of PRESENCE) this.addSql(`alter table device_presence drop column ${column}`);
    this.addSql(`alter table devices drop column maintenance_until, drop column maintenance_reason`);
    this.addSql(`delete from alerts where kind <> 'rule'`);
    this.addSql(`alter table alerts drop constraint alerts_kind_check`);
    this.addSql(`alter table alerts drop index alerts_one_open_per_device_and_kind`);
    this.addSql(`alter table alerts drop column kind, drop column device_marker`);
    for (const [column, type] of Object.entries(OF_SENSORS))
      this.addSql(`alter table alerts modify \`${column}\` ${type} not null`);
  }
}
