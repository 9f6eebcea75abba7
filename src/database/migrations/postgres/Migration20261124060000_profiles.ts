import { Migration } from '@mikro-orm/migrations';

const TIMES = 'created_at timestamptz(3) not null, updated_at timestamptz(3) not null';

/** Payload profiles, which devices name, and the LoRaWAN network servers that hand over uplinks. */
export class Migration20261124060000_profiles extends Migration {
  override up(): void {
    this
      .addSql(`create table device_profiles (id uuid primary key, municipality_id uuid null, owner varchar(36) not null,
      code varchar(64) not null, name varchar(200) not null, description varchar(500) not null default '',
      format varchar(32) not null, definition jsonb not null, version int not null default 1, ${TIMES},
      constraint device_profiles_municipality_id_foreign foreign key (municipality_id) references municipalities (id) on delete cascade,
      constraint device_profiles_owner_code_unique unique (owner, code))`);
    this.addSql(`create index device_profiles_municipality_id_index on device_profiles (municipality_id)`);
    this.addSql(`alter table devices add column profile_id uuid null, add column profile_code varchar(64) null,
      add column dev_eui varchar(16) null,
      add constraint devices_profile_id_foreign foreign key (profile_id) references device_profiles (id),
      add constraint devices_municipality_id_dev_eui_unique unique (municipality_id, dev_eui)`);
    this.addSql(`create index devices_profile_id_index on devices (profile_id)`);
    this
      .addSql(`create table uplink_sources (id uuid primary key, municipality_id uuid not null, kind varchar(16) not null,
      name varchar(200) not null, token_prefix varchar(32) not null, token_hash varchar(255) not null,
      enabled boolean not null default true, last_used_at timestamptz(3) null, version int not null default 1, ${TIMES},
      constraint uplink_sources_municipality_id_foreign foreign key (municipality_id) references municipalities (id) on delete cascade,
      constraint uplink_sources_token_prefix_unique unique (token_prefix))`);
    this.addSql(`create index uplink_sources_municipality_id_index on uplink_sources (municipality_id)`);
  }

  override down(): void {
    this.addSql(`drop table uplink_sources`);
    this.addSql(`alter table devices drop constraint devices_profile_id_foreign`);
    this.addSql(`alter table devices drop constraint devices_municipality_id_dev_eui_unique`);
    this.addSql(`drop index devices_profile_id_index`);
    this.addSql(`alter table devices drop column profile_id, drop column profile_code, drop column dev_eui`);
    this.addSql(`drop table device_profiles`);
  }
}
