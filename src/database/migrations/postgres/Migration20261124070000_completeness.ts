import { Migration } from '@mikro-orm/migrations';

/** How often devices are to deliver, how their reading sets arrive, and the numbers that they give them. */
export class Migration20261124070000_completeness extends Migration {
  override up(): void {
    this.addSql(`alter table devices add column reporting_interval_seconds int null`);
    this.addSql(`create table reporting_schedules (device_id varchar(64) not null, since timestamptz(3) not null,
      interval_seconds int null, primary key (device_id, since),
      constraint reporting_schedules_device_id_foreign foreign key (device_id) references devices (id) on delete cascade)`);
    this.addSql(`create table delivery_hours (device_id varchar(64) not null, hour timestamptz(3) not null,
      sets int not null, duplicates int not null, late int not null, timely int not null, delay_sum_ms bigint not null,
      delay_min_ms bigint null, delay_max_ms bigint null, primary key (device_id, hour),
      constraint delivery_hours_device_id_foreign foreign key (device_id) references devices (id) on delete cascade)`);
    this.addSql(`create table message_sequences (device_id varchar(64) not null, instant timestamptz(3) not null,
      seq bigint not null, primary key (device_id, instant, seq))`);
    // Devices of earlier versions were expected as often as they are now, until they were deactivated.
    this.addSql(`insert into reporting_schedules (device_id, since, interval_seconds)
      select id, created_at, heartbeat_interval_seconds from devices`);
    this.addSql(`insert into reporting_schedules (device_id, since, interval_seconds)
      select id, updated_at, null from devices where status <> 'active' and updated_at > created_at`);
  }

  override down(): void {
    this.addSql(`drop table message_sequences`);
    this.addSql(`drop table delivery_hours`);
    this.addSql(`drop table reporting_schedules`);
    this.addSql(`alter table devices drop column reporting_interval_seconds`);
  }
}
