import { Migration } from '@mikro-orm/migrations';

/** Byte order for texts, so that names and codes compare as they do on PostgreSQL. */
const TABLE = 'character set utf8mb4 collate utf8mb4_bin engine = InnoDB';
const TIMES = 'created_at datetime(3) not null, updated_at datetime(3) not null';

/** Payload profiles, which devices name, and the LoRaWAN network servers that hand over uplinks. */
export class Migration20261124060000_profiles extends Migration {
  override up(): void {
    this
      .addSql(`create table device_profiles (id varchar(36) primary key, municipality_id varchar(36) null, owner varchar(36) not null,
      code varchar(64) not null, name varchar(200) not null, description varchar(500) not null default '',
      format varchar(32) not null, definition json not null, version int not null default 1, ${TIMES},
      constraint device_profiles_municipality_id_foreign foreign key (municipality_id) references municipalities (id) on delete cascade,
      constraint device_profiles_owner_code_unique unique (owner, code)) ${TABLE}`);
    this.addSql(`create index device_profiles_municipality_id_index on device_profiles (municipality_id)`);
    this.addSql(`alter table devices add column profile_id varchar(36) null, add column profile_code varchar(64) null,
      add column dev_eui varchar(16) null,
      add constraint devices_profile_id_foreign foreign key (profile_id) references device_profiles (id),
      add constraint devices_municipality_id_dev_eui_unique unique (municipality_id, dev_eui)`);
    this.addSql(`create index devices_profile_id_index on devices (profile_id)`);
    this
      .addSql(`create table uplink_sources (id varchar(36) primary key, municipality_id varchar(36) not null, kind varchar(16) not null,
      name varchar(200) not null, token_prefix varchar(32) not null, token_hash varchar(255) not null,
      enabled tinyint(1) not null default 1, last_used_at datetime(3) null, version int not null default 1, ${TIMES},
      constraint uplink_sources_municipality_id_foreign foreign key (municipality_id) references municipalities (id) on delete cascade,
      constraint uplink_sources_token_prefix_unique unique (token_prefix)) ${TABLE}`);
    this.addSql(`create index uplink_sources_municipality_id_index on uplink_sources (municipality_id)`);
  }

  override down(): void {
    this.addSql(`drop table uplink_sources`);
    this.addSql(`alter table devices drop foreign key devices_profile_id_foreign`);
    this.addSql(`drop index devices_municipality_id_dev_eui_unique on devices`);
    this.addSql(`drop index devices_profile_id_index on devices`);
    this.addSql(`alter table devices drop column profile_id, drop column profile_code, drop column dev_eui`);
    this.addSql(`drop table device_profiles`);
  }
}
