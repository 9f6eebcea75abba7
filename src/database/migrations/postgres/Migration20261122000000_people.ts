import { Migration } from '@mikro-orm/migrations';

const TIMES = 'created_at timestamptz(3) not null, updated_at timestamptz(3) not null';

/** Built-in roles with their ids, which are the same in every installation. */
const BUILT_IN = [
  ['0192f000-0000-7000-8000-000000000000', 'super_admin', 'Super admin'],
  ['0192f000-0000-7000-8000-000000000001', 'municipality_admin', 'Municipality administrator'],
  ['0192f000-0000-7000-8000-000000000002', 'operator', 'Control-room operator'],
  ['0192f000-0000-7000-8000-000000000003', 'field_engineer', 'Field engineer'],
  ['0192f000-0000-7000-8000-000000000004', 'analyst', 'Analyst'],
];

/** People, their roles in municipalities, regions and shared sensors. */
export class Migration20261122000000_people extends Migration {
  override up(): void {
    this.addSql(`alter table municipalities
      add column kind varchar(16) not null default 'municipality', add column parent_id uuid null,
      add column language varchar(16) not null default 'en', add column retention_days int null,
      add column contact jsonb null, add column witness_url varchar(2048) null, add column version int not null default 1,
      add constraint municipalities_parent_id_foreign foreign key (parent_id) references municipalities (id)`);
    this.addSql(`create index municipalities_parent_id_index on municipalities (parent_id)`);
    this.roles();
    this.users();
    this.shares();
  }

  private roles(): void {
    this.addSql(`create table roles (id uuid primary key, municipality_id uuid null, code varchar(64) not null,
      name varchar(200) not null, description varchar(500) not null default '', permissions jsonb null,
      version int not null default 1, ${TIMES},
      constraint roles_municipality_id_code_unique unique (municipality_id, code),
      constraint roles_municipality_id_foreign foreign key (municipality_id) references municipalities (id) on delete cascade)`);
    for (const [id, code, name] of BUILT_IN) {
      this.addSql(
        `insert into roles (id, code, name, created_at, updated_at) values ('${id}', '${code}', '${name}', now(), now())`,
      );
    }
  }

  /** Whoever belonged to one municipality becomes its member in the role that they had. */
  private users(): void {
    this.addSql(`create table memberships (user_id uuid not null, municipality_id uuid not null, role_id uuid not null,
      created_at timestamptz(3) not null,
      constraint memberships_pkey primary key (user_id, municipality_id),
      constraint memberships_user_id_foreign foreign key (user_id) references users (id) on delete cascade,
      constraint memberships_municipality_id_foreign foreign key (municipality_id) references municipalities (id),
      constraint memberships_role_id_foreign foreign key (role_id) references roles (id))`);
    this.addSql(`create index memberships_municipality_id_index on memberships (municipality_id)`);
    this.addSql(`create index memberships_role_id_index on memberships (role_id)`);
    this.addSql(`insert into memberships (user_id, municipality_id, role_id, created_at)
      select u.id, u.municipality_id, r.id, u.created_at from users u join roles r on r.code = u.role
      where u.municipality_id is not null`);
    this.addSql(`alter table users add column super_admin boolean not null default false,
      add column password_changed_at timestamptz(3) null, add column version int not null default 1,
      alter column password_hash drop not null`);
    this.addSql(`update users set super_admin = true where role = 'super_admin'`);
    this.addSql(`alter table users drop column role, drop column municipality_id`);
  }

  private shares(): void {
    this
      .addSql(`create table sensor_shares (id uuid primary key, sensor_id uuid not null, municipality_id uuid not null,
      recipient_id uuid not null, valid_from timestamptz(3) not null, valid_until timestamptz(3) not null,
      reason varchar(500) not null default '', ended_at timestamptz(3) null, ${TIMES},
      constraint sensor_shares_sensor_id_foreign foreign key (sensor_id) references sensors (id) on delete cascade,
      constraint sensor_shares_municipality_id_foreign foreign key (municipality_id) references municipalities (id),
      constraint sensor_shares_recipient_id_foreign foreign key (recipient_id) references municipalities (id))`);
    for (const column of ['sensor_id', 'municipality_id', 'recipient_id']) {
      this.addSql(`create index sensor_shares_${column}_index on sensor_shares (${column})`);
    }
  }

  /** People of several municipalities keep the oldest membership; own roles become the analyst's. */
  override down(): void {
    this.addSql(`drop table sensor_shares`);
    this.addSql(
      `alter table users add column role varchar(32) not null default 'analyst', add column municipality_id uuid null`,
    );
    this.addSql(`update users set role = 'super_admin' where super_admin`);
    this
      .addSql(`update users set municipality_id = m.municipality_id, role = case when r.permissions is null then r.code else 'analyst' end
      from memberships m join roles r on r.id = m.role_id
      where m.user_id = users.id and m.municipality_id = (select x.municipality_id from memberships x where x.user_id = users.id
        order by x.created_at, x.municipality_id limit 1)`);
    this.addSql(`delete from users where (role = 'super_admin') <> (municipality_id is null) or password_hash is null`);
    this.addSql(`alter table users alter column role drop default, alter column password_hash set not null,
      drop column super_admin, drop column password_changed_at, drop column version,
      add constraint users_municipality_id_foreign foreign key (municipality_id) references municipalities (id),
      add constraint users_tenant_check check ((role = 'super_admin') = (municipality_id is null))`);
    this.addSql(`drop table memberships`);
    this.addSql(`drop table roles`);
    this.addSql(`alter table municipalities drop column kind, drop column parent_id, drop column language,
      drop column retention_days, drop column contact, drop column witness_url, drop column version`);
  }
}
