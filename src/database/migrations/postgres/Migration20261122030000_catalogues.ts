import { Migration } from '@mikro-orm/migrations';

const TIMES = 'created_at timestamptz(3) not null, updated_at timestamptz(3) not null';

/** What people change from several places at once, and what is therefore counted in versions. */
const VERSIONED = ['sensor_types', 'devices', 'sensors', 'alert_rules'];

/** Protocols, dashboards, and versions for optimistic locking. */
export class Migration20261122030000_catalogues extends Migration {
  override up(): void {
    for (const table of VERSIONED) this.addSql(`alter table ${table} add column version int not null default 1`);
    this.protocols();
    this.dashboards();
  }

  private protocols(): void {
    this.addSql(`create table protocols (id uuid primary key, code varchar(64) not null, name varchar(200) not null,
      description varchar(500) not null default '', transport varchar(16) not null, settings jsonb not null,
      enabled boolean not null default true, version int not null default 1, ${TIMES},
      constraint protocols_code_unique unique (code))`);
    this.addSql(`alter table devices add column protocol_code varchar(64) null,
      add constraint devices_protocol_code_foreign foreign key (protocol_code) references protocols (code)`);
    this.addSql(`create index devices_protocol_code_index on devices (protocol_code)`);
  }

  private dashboards(): void {
    this.addSql(`create table dashboards (id uuid primary key, municipality_id uuid not null, owner_id uuid null,
      name varchar(200) not null, layout jsonb not null, version int not null default 1, ${TIMES},
      constraint dashboards_municipality_id_foreign foreign key (municipality_id) references municipalities (id) on delete cascade,
      constraint dashboards_owner_id_foreign foreign key (owner_id) references users (id) on delete cascade)`);
    this.addSql(`create index dashboards_municipality_id_id_index on dashboards (municipality_id, id)`);
    this.addSql(`create index dashboards_owner_id_index on dashboards (owner_id)`);
  }

  override down(): void {
    this.addSql(`drop table dashboards`);
    this.addSql(`alter table devices drop constraint devices_protocol_code_foreign`);
    this.addSql(`drop index devices_protocol_code_index`);
    this.addSql(`alter table devices drop column protocol_code`);
    this.addSql(`drop table protocols`);
    for (const table of VERSIONED) this.addSql(`alter table ${table} drop column version`);
  }
}
