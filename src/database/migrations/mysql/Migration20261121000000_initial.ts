import { Migration } from '@mikro-orm/migrations';

/** Byte order for texts, so that names and codes compare as they do on PostgreSQL. */
const TABLE = 'character set utf8mb4 collate utf8mb4_bin engine = InnoDB';
const TIMES = 'created_at datetime(3) not null, updated_at datetime(3) not null';

/** First schema: tenancy, devices, readings, rules, alerts and the live log. */
export class Migration20261121000000_initial extends Migration {
  override up(): void {
    this.identities();
    this.devices();
    this.readings();
    this.alerts();
    this.liveLog();
  }

  private identities(): void {
    this.addSql(`create table counters (name varchar(64) primary key, value bigint not null) ${TABLE}`);
    this.addSql(`insert into counters (name, value) values ('registry', 1)`);
    this
      .addSql(`create table municipalities (id varchar(36) primary key, code varchar(64) not null, name varchar(200) not null,
      time_zone varchar(64) not null default 'UTC', status varchar(16) not null default 'active', ${TIMES},
      constraint municipalities_code_unique unique (code)) ${TABLE}`);
    this
      .addSql(`create table users (id varchar(36) primary key, email varchar(254) not null, name varchar(200) not null,
      password_hash varchar(255) not null, role varchar(32) not null, municipality_id varchar(36) null,
      status varchar(16) not null default 'active', last_login_at datetime(3) null, ${TIMES},
      constraint users_email_unique unique (email),
      constraint users_municipality_id_foreign foreign key (municipality_id) references municipalities (id),
      constraint users_tenant_check check ((role = 'super_admin') = (municipality_id is null))) ${TABLE}`);
  }

  private devices(): void {
    this
      .addSql(`create table devices (id varchar(64) primary key, municipality_id varchar(36) not null, name varchar(200) not null,
      status varchar(16) not null default 'active', latitude double null, longitude double null,
      heartbeat_interval_seconds int not null default 900, signature_required tinyint(1) not null default 0,
      metadata json null, ${TIMES},
      constraint devices_municipality_id_foreign foreign key (municipality_id) references municipalities (id)) ${TABLE}`);
    this.addSql(`create index devices_municipality_id_id_index on devices (municipality_id, id)`);
    this.addSql(`create table device_presence (device_id varchar(64) primary key, last_seen_at datetime(3) not null,
      reported_status varchar(16) null, reported_at datetime(3) null, battery_level double null,
      signal_strength double null, firmware varchar(100) null, message varchar(500) null,
      constraint device_presence_device_id_foreign foreign key (device_id) references devices (id) on delete cascade) ${TABLE}`);
    this
      .addSql(`create table device_credentials (id varchar(36) primary key, device_id varchar(64) not null, kind varchar(16) not null,
      lookup varchar(128) not null, secret_hash varchar(255) null, secret_encrypted varchar(500) null,
      expires_at datetime(3) null, revoked_at datetime(3) null, last_used_at datetime(3) null,
      created_at datetime(3) not null,
      constraint device_credentials_kind_lookup_unique unique (kind, lookup),
      constraint device_credentials_device_id_foreign foreign key (device_id) references devices (id) on delete cascade) ${TABLE}`);
    this.addSql(`create index device_credentials_device_id_index on device_credentials (device_id)`);
    this
      .addSql(`create table sensor_types (id varchar(36) primary key, code varchar(64) not null, name varchar(200) not null,
      unit varchar(32) not null, valid_min double null, valid_max double null,
      \`precision\` smallint not null default 2, thresholds json null, ${TIMES},
      constraint sensor_types_code_unique unique (code)) ${TABLE}`);
    this
      .addSql(`create table sensors (id varchar(36) primary key, series_id int not null auto_increment, device_id varchar(64) not null,
      municipality_id varchar(36) not null, sensor_type_id varchar(36) not null, code varchar(64) not null, name varchar(200) not null,
      thresholds json null, enabled tinyint(1) not null default 1, ${TIMES},
      constraint sensors_series_id_unique unique (series_id),
      constraint sensors_device_id_code_unique unique (device_id, code),
      constraint sensors_device_id_foreign foreign key (device_id) references devices (id),
      constraint sensors_municipality_id_foreign foreign key (municipality_id) references municipalities (id),
      constraint sensors_sensor_type_id_foreign foreign key (sensor_type_id) references sensor_types (id)) ${TABLE}`);
    this.addSql(`create index sensors_municipality_id_index on sensors (municipality_id)`);
    this.addSql(`create index sensors_sensor_type_id_index on sensors (sensor_type_id)`);
  }

  private readings(): void {
    this.addSql(`create table readings (instant datetime(3) not null, value double not null, series_id int not null,
      quality smallint not null, risk smallint not null,
      primary key (series_id, instant)) ${TABLE}`);
    this.addSql(`create table latest_readings (series_id int primary key, instant datetime(3) null,
      previous_instant datetime(3) null, value double null, quality smallint null, risk smallint null) ${TABLE}`);
    this
      .addSql(`create table rejected_readings (id varchar(36) primary key, municipality_id varchar(36) null, device_id varchar(128) null,
      source varchar(8) not null, set_index int null, metric varchar(128) null, instant datetime(3) null,
      code varchar(32) not null, reason varchar(500) not null, excerpt varchar(2000) null, request_id varchar(128) null,
      received_at datetime(3) not null,
      constraint rejected_readings_municipality_id_foreign foreign key (municipality_id) references municipalities (id) on delete cascade) ${TABLE}`);
    this.addSql(`create index rejected_readings_municipality_id_id_index on rejected_readings (municipality_id, id)`);
    this.addSql(`create index rejected_readings_device_id_index on rejected_readings (device_id)`);
  }

  private alerts(): void {
    this
      .addSql(`create table alert_rules (id varchar(36) primary key, municipality_id varchar(36) null, name varchar(200) not null,
      kind varchar(32) not null, scope json not null, rule_condition json not null, severity varchar(16) not null,
      on_delay_seconds int not null default 0, off_delay_seconds int not null default 0,
      deadband double not null default 0, enabled tinyint(1) not null default 1, revision int not null default 1,
      deleted_at datetime(3) null, ${TIMES},
      constraint alert_rules_municipality_id_foreign foreign key (municipality_id) references municipalities (id)) ${TABLE}`);
    this.addSql(`create index alert_rules_municipality_id_index on alert_rules (municipality_id)`);
    this
      .addSql(`create table rule_states (rule_id varchar(36) not null, series_id int not null, phase smallint not null,
      since datetime(3) null, alert_id varchar(36) null, revision int not null, floor_instant datetime(3) null,
      primary key (rule_id, series_id),
      constraint rule_states_rule_id_foreign foreign key (rule_id) references alert_rules (id)) ${TABLE}`);
    this.addSql(`create index rule_states_series_id_phase_index on rule_states (series_id, phase)`);
    this
      .addSql(`create table alerts (id varchar(36) primary key, municipality_id varchar(36) not null, rule_id varchar(36) not null,
      device_id varchar(64) not null, title varchar(200) not null, metric varchar(64) not null, sensor_id varchar(36) not null, severity varchar(16) not null, status varchar(16) not null,
      open_marker smallint null, opened_at datetime(3) not null, last_occurred_at datetime(3) not null,
      occurrences int not null, opening_value double not null, \`last_value\` double not null,
      acknowledged_at datetime(3) null, acknowledged_by varchar(36) null, resolved_at datetime(3) null, resolved_by varchar(36) null, ${TIMES},
      constraint alerts_one_open_per_rule_and_sensor unique (rule_id, sensor_id, open_marker),
      constraint alerts_open_marker_check check ((status = 'RESOLVED' and open_marker is null) or (status <> 'RESOLVED' and open_marker = 1)),
      constraint alerts_municipality_id_foreign foreign key (municipality_id) references municipalities (id),
      constraint alerts_rule_id_foreign foreign key (rule_id) references alert_rules (id),
      constraint alerts_device_id_foreign foreign key (device_id) references devices (id),
      constraint alerts_sensor_id_foreign foreign key (sensor_id) references sensors (id)) ${TABLE}`);
    this.addSql(`create index alerts_municipality_id_opened_at_id_index on alerts (municipality_id, opened_at, id)`);
    this.addSql(`create index alerts_opened_at_id_index on alerts (opened_at, id)`);
    this.addSql(`create index alerts_rule_id_sensor_id_opened_at_index on alerts (rule_id, sensor_id, opened_at)`);
    this.addSql(`create index alerts_device_id_index on alerts (device_id)`);
    this.addSql(`create index alerts_sensor_id_index on alerts (sensor_id)`);
    this
      .addSql(`create table alert_notes (id varchar(36) primary key, alert_id varchar(36) not null, alert_change varchar(24) not null,
      user_id varchar(36) not null, comment varchar(2000) null, created_at datetime(3) not null,
      constraint alert_notes_alert_id_foreign foreign key (alert_id) references alerts (id) on delete cascade) ${TABLE}`);
    this.addSql(`create index alert_notes_alert_id_index on alert_notes (alert_id)`);
  }

  private liveLog(): void {
    this
      .addSql(`create table live_positions (municipality_id varchar(36) primary key, position bigint not null default 0,
      constraint live_positions_municipality_id_foreign foreign key (municipality_id) references municipalities (id) on delete cascade) ${TABLE}`);
    this
      .addSql(`create table outbox_events (municipality_id varchar(36) not null, position bigint not null, type varchar(16) not null,
      payload longtext not null, request_id varchar(128) null, occurred_at datetime(3) not null,
      primary key (municipality_id, position),
      constraint outbox_events_municipality_id_foreign foreign key (municipality_id) references municipalities (id) on delete cascade) ${TABLE}`);
    this.addSql(`create index outbox_events_occurred_at_index on outbox_events (occurred_at)`);
  }

  override down(): void {
    for (const table of [
      'outbox_events',
      'live_positions',
      'alert_notes',
      'alerts',
      'rule_states',
      'alert_rules',
      'rejected_readings',
      'latest_readings',
      'readings',
      'sensors',
      'sensor_types',
      'device_credentials',
      'device_presence',
      'devices',
      'users',
      'municipalities',
      'counters',
    ]) {
      this.addSql(`drop table if exists ${table}`);
    }
  }
}
