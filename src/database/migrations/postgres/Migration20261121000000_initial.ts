import { Migration } from '@mikro-orm/migrations';

const TIMES = 'created_at timestamptz(3) not null, updated_at timestamptz(3) not null';

/** First schema: tenancy, devices, readings (partitioned by month), rules, alerts and the live log. */
export class Migration20261121000000_initial extends Migration {
  override up(): void {
    this.identities();
    this.devices();
    this.readings();
    this.alerts();
    this.liveLog();
  }

  private identities(): void {
    this.addSql(`create table counters (name varchar(64) primary key, value bigint not null)`);
    this.addSql(`insert into counters (name, value) values ('registry', 1)`);
    this
      .addSql(`create table municipalities (id uuid primary key, code varchar(64) not null, name varchar(200) not null,
      time_zone varchar(64) not null default 'UTC', status varchar(16) not null default 'active', ${TIMES},
      constraint municipalities_code_unique unique (code))`);
    this.addSql(`create table users (id uuid primary key, email varchar(254) not null, name varchar(200) not null,
      password_hash varchar(255) not null, role varchar(32) not null, municipality_id uuid null,
      status varchar(16) not null default 'active', last_login_at timestamptz(3) null, ${TIMES},
      constraint users_email_unique unique (email),
      constraint users_municipality_id_foreign foreign key (municipality_id) references municipalities (id),
      constraint users_tenant_check check ((role = 'super_admin') = (municipality_id is null)))`);
  }

  private devices(): void {
    this
      .addSql(`create table devices (id varchar(64) primary key, municipality_id uuid not null, name varchar(200) not null,
      status varchar(16) not null default 'active', latitude double precision null, longitude double precision null,
      heartbeat_interval_seconds int not null default 900, signature_required boolean not null default false,
      metadata jsonb null, ${TIMES},
      constraint devices_municipality_id_foreign foreign key (municipality_id) references municipalities (id))`);
    this.addSql(`create index devices_municipality_id_id_index on devices (municipality_id, id)`);
    this.addSql(`create table device_presence (device_id varchar(64) primary key, last_seen_at timestamptz(3) not null,
      reported_status varchar(16) null, reported_at timestamptz(3) null, battery_level double precision null,
      signal_strength double precision null, firmware varchar(100) null, message varchar(500) null,
      constraint device_presence_device_id_foreign foreign key (device_id) references devices (id) on delete cascade)
      with (fillfactor = 70)`);
    this
      .addSql(`create table device_credentials (id uuid primary key, device_id varchar(64) not null, kind varchar(16) not null,
      lookup varchar(128) not null, secret_hash varchar(255) null, secret_encrypted varchar(500) null,
      expires_at timestamptz(3) null, revoked_at timestamptz(3) null, last_used_at timestamptz(3) null,
      created_at timestamptz(3) not null,
      constraint device_credentials_kind_lookup_unique unique (kind, lookup),
      constraint device_credentials_device_id_foreign foreign key (device_id) references devices (id) on delete cascade)`);
    this.addSql(`create index device_credentials_device_id_index on device_credentials (device_id)`);
    this.addSql(`create table sensor_types (id uuid primary key, code varchar(64) not null, name varchar(200) not null,
      unit varchar(32) not null, valid_min double precision null, valid_max double precision null,
      precision smallint not null default 2, thresholds jsonb null, ${TIMES},
      constraint sensor_types_code_unique unique (code))`);
    this.addSql(`create table sensors (id uuid primary key, series_id serial not null, device_id varchar(64) not null,
      municipality_id uuid not null, sensor_type_id uuid not null, code varchar(64) not null, name varchar(200) not null,
      thresholds jsonb null, enabled boolean not null default true, ${TIMES},
      constraint sensors_series_id_unique unique (series_id),
      constraint sensors_device_id_code_unique unique (device_id, code),
      constraint sensors_device_id_foreign foreign key (device_id) references devices (id),
      constraint sensors_municipality_id_foreign foreign key (municipality_id) references municipalities (id),
      constraint sensors_sensor_type_id_foreign foreign key (sensor_type_id) references sensor_types (id))`);
    this.addSql(`create index sensors_municipality_id_index on sensors (municipality_id)`);
    this.addSql(`create index sensors_sensor_type_id_index on sensors (sensor_type_id)`);
  }

  private readings(): void {
    // The order of the columns saves padding: 8, 8, 4, 2, 2 bytes. Partitions are made ahead and on demand by the
    // application; there is no default partition, because it would block DETACH … CONCURRENTLY.
    this
      .addSql(`create table readings (instant timestamptz(3) not null, value double precision not null, series_id int not null,
      quality smallint not null, risk smallint not null,
      constraint readings_pkey primary key (series_id, instant)) partition by range (instant)`);
    this.addSql(`create table latest_readings (series_id int primary key, instant timestamptz(3) null,
      previous_instant timestamptz(3) null, value double precision null, quality smallint null, risk smallint null)
      with (fillfactor = 50)`);
    this
      .addSql(`create table rejected_readings (id uuid primary key, municipality_id uuid null, device_id varchar(128) null,
      source varchar(8) not null, set_index int null, metric varchar(128) null, instant timestamptz(3) null,
      code varchar(32) not null, reason varchar(500) not null, excerpt varchar(2000) null, request_id varchar(128) null,
      received_at timestamptz(3) not null,
      constraint rejected_readings_municipality_id_foreign foreign key (municipality_id) references municipalities (id) on delete cascade)`);
    this.addSql(`create index rejected_readings_municipality_id_id_index on rejected_readings (municipality_id, id)`);
    this.addSql(`create index rejected_readings_device_id_index on rejected_readings (device_id)`);
  }

  private alerts(): void {
    this.addSql(`create table alert_rules (id uuid primary key, municipality_id uuid null, name varchar(200) not null,
      kind varchar(32) not null, scope jsonb not null, rule_condition jsonb not null, severity varchar(16) not null,
      on_delay_seconds int not null default 0, off_delay_seconds int not null default 0,
      deadband double precision not null default 0, enabled boolean not null default true, revision int not null default 1,
      deleted_at timestamptz(3) null, ${TIMES},
      constraint alert_rules_municipality_id_foreign foreign key (municipality_id) references municipalities (id))`);
    this.addSql(`create index alert_rules_municipality_id_index on alert_rules (municipality_id)`);
    this.addSql(`create table rule_states (rule_id uuid not null, series_id int not null, phase smallint not null,
      since timestamptz(3) null, alert_id uuid null, revision int not null, floor_instant timestamptz(3) null,
      constraint rule_states_pkey primary key (rule_id, series_id),
      constraint rule_states_rule_id_foreign foreign key (rule_id) references alert_rules (id))`);
    this.addSql(`create index rule_states_series_id_phase_index on rule_states (series_id, phase)`);
    this.addSql(`create table alerts (id uuid primary key, municipality_id uuid not null, rule_id uuid not null,
      device_id varchar(64) not null, title varchar(200) not null, metric varchar(64) not null, sensor_id uuid not null, severity varchar(16) not null, status varchar(16) not null,
      open_marker smallint null, opened_at timestamptz(3) not null, last_occurred_at timestamptz(3) not null,
      occurrences int not null, opening_value double precision not null, last_value double precision not null,
      acknowledged_at timestamptz(3) null, acknowledged_by uuid null, resolved_at timestamptz(3) null, resolved_by uuid null, ${TIMES},
      constraint alerts_one_open_per_rule_and_sensor unique (rule_id, sensor_id, open_marker),
      constraint alerts_open_marker_check check ((status = 'RESOLVED' and open_marker is null) or (status <> 'RESOLVED' and open_marker = 1)),
      constraint alerts_municipality_id_foreign foreign key (municipality_id) references municipalities (id),
      constraint alerts_rule_id_foreign foreign key (rule_id) references alert_rules (id),
      constraint alerts_device_id_foreign foreign key (device_id) references devices (id),
      constraint alerts_sensor_id_foreign foreign key (sensor_id) references sensors (id))`);
    this.addSql(`create index alerts_municipality_id_opened_at_id_index on alerts (municipality_id, opened_at, id)`);
    this.addSql(`create index alerts_opened_at_id_index on alerts (opened_at, id)`);
    this.addSql(`create index alerts_rule_id_sensor_id_opened_at_index on alerts (rule_id, sensor_id, opened_at)`);
    this.addSql(`create index alerts_device_id_index on alerts (device_id)`);
    this.addSql(`create index alerts_sensor_id_index on alerts (sensor_id)`);
    this
      .addSql(`create table alert_notes (id uuid primary key, alert_id uuid not null, alert_change varchar(24) not null,
      user_id uuid not null, comment varchar(2000) null, created_at timestamptz(3) not null,
      constraint alert_notes_alert_id_foreign foreign key (alert_id) references alerts (id) on delete cascade)`);
    this.addSql(`create index alert_notes_alert_id_index on alert_notes (alert_id)`);
  }

  private liveLog(): void {
    this.addSql(`create table live_positions (municipality_id uuid primary key, position bigint not null default 0,
      constraint live_positions_municipality_id_foreign foreign key (municipality_id) references municipalities (id) on delete cascade)
      with (fillfactor = 50)`);
    this
      .addSql(`create table outbox_events (municipality_id uuid not null, position bigint not null, type varchar(16) not null,
      payload text not null, request_id varchar(128) null, occurred_at timestamptz(3) not null,
      constraint outbox_events_pkey primary key (municipality_id, position),
      constraint outbox_events_municipality_id_foreign foreign key (municipality_id) references municipalities (id) on delete cascade)`);
    // Payloads of busy batches are tens of kilobytes and live for a day: storing them plain costs less than compressing.
    this.addSql(`alter table outbox_events alter column payload set storage external`);
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
      this.addSql(`drop table if exists ${table} cascade`);
    }
  }
}
