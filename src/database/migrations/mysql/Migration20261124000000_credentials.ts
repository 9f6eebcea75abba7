import { Migration } from '@mikro-orm/migrations';

/** Byte order for texts, so that names and codes compare as they do on PostgreSQL. */
const TABLE = 'character set utf8mb4 collate utf8mb4_bin engine = InnoDB';
const OF_DEVICE = 'foreign key (device_id) references devices (id) on delete cascade';

/** Nonces of signed messages, refused messages per device and day, and what signatures tell about clocks. */
export class Migration20261124000000_credentials extends Migration {
  override up(): void {
    this.addSql(`create table device_nonces (device_id varchar(64) not null, nonce varchar(128) not null,
      digest varchar(43) not null, seen_at datetime(3) not null, primary key (device_id, nonce),
      constraint device_nonces_device_id_foreign ${OF_DEVICE}) ${TABLE}`);
    this.addSql(`create index device_nonces_seen_at_index on device_nonces (seen_at)`);
    this
      .addSql(`create table device_refusals (device_id varchar(64) not null, day date not null, code varchar(32) not null,
      count int not null, primary key (device_id, day, code),
      constraint device_refusals_device_id_foreign ${OF_DEVICE}) ${TABLE}`);
    this.addSql(`create table device_clocks (device_id varchar(64) primary key, skew_ms bigint not null,
      measured_at datetime(3) not null, constraint device_clocks_device_id_foreign ${OF_DEVICE}) ${TABLE}`);
  }

  override down(): void {
    for (const table of ['device_clocks', 'device_refusals', 'device_nonces']) this.addSql(`drop table ${table}`);
  }
}
