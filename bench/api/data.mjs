/** What the benchmark of the API asks for: a control room's municipality with much in it, in a country with more. */
import { randomUUID } from 'node:crypto';
import { METRIC, seedCountry } from '../lib/country.mjs';

export const MUNICIPALITIES = 5;
export const SENSORS_EACH = 1_000;
export const ALERTS = 100_000;
/** Sensors with a year of readings, one each quarter of an hour. */
export const YEAR_SENSORS = 10;
const YEAR = { from: '2025-06-01T00:00:00Z', to: '2026-06-01T00:00:00Z' };
export const YEAR_QUERY = `from=${YEAR.from}&to=${YEAR.to}`;

/** @param {import('pg').Client} db @returns the municipality asked about, and one of its sensors with a year of readings */
export async function seedApi(db) {
  await seedCountry(db, { municipalities: MUNICIPALITIES, devices: MUNICIPALITIES * SENSORS_EACH });
  const { rows: towns } = await db.query(`select id from municipalities order by code`);
  const town = towns[0].id;
  await latest(db);
  await year(db, town);
  for (const [i, { id }] of towns.entries()) await alerts(db, id, i === 0 ? ALERTS : ALERTS / 10);
  await db.query('vacuum analyze');
  const { rows: sensors } = await db.query(
    `select s.id, s.series_id from sensors s where s.municipality_id = $1 order by s.series_id limit 1`,
    [town],
  );
  return { town, sensor: sensors[0].id, series: sensors[0].series_id };
}

/** A person of the municipality with the operator's role, and the password of somebody who exists. */
export async function addOperator(db, town, email, like) {
  const id = randomUUID();
  await db.query(
    `insert into users (id, email, name, password_hash, password_changed_at, status, created_at, updated_at)
     select $1, $2, 'Operator', password_hash, now(), 'active', now(), now() from users where email = $3`,
    [id, email, like],
  );
  await db.query(
    `insert into memberships (user_id, municipality_id, role_id, created_at)
     select $1, $2, id, now() from roles where code = 'operator' and municipality_id is null`,
    [id, town],
  );
}

async function latest(db) {
  await db.query(
    `insert into latest_readings (series_id, instant, value, quality, risk)
     select series_id, now(), 100 + random() * 100, 0, 0 from sensors`,
  );
}

async function year(db, town) {
  for (let month = new Date(YEAR.from); month < new Date(YEAR.to); month.setUTCMonth(month.getUTCMonth() + 1)) {
    const next = new Date(month);
    next.setUTCMonth(next.getUTCMonth() + 1);
    const name = `readings_${month.toISOString().slice(0, 7).replace('-', '_')}`;
    await db.query(
      `create table if not exists ${name} partition of readings
       for values from ('${month.toISOString()}') to ('${next.toISOString()}')`,
    );
  }
  await db.query(
    `insert into readings (instant, value, series_id, quality, risk)
     select t, 150 + 100 * sin(extract(epoch from t) / 86400), s.series_id, 0, 0
     from (select series_id from sensors where municipality_id = $1 order by series_id limit $2) s,
       generate_series($3::timestamptz, $4::timestamptz - interval '15 minutes', interval '15 minutes') t`,
    [town, YEAR_SENSORS, YEAR.from, YEAR.to],
  );
}

/** One in a hundred is still open, each on a sensor of its own. */
async function alerts(db, town, count) {
  await db.query(
    `insert into alerts (id, municipality_id, rule_id, device_id, title, metric, sensor_id, severity, status, open_marker,
       opened_at, last_occurred_at, occurrences, opening_value, last_value, resolved_at, created_at, updated_at)
     select gen_random_uuid(), $1, r.id, s.device_id, 'River high', $2, s.id,
       (array['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'])[1 + n % 4],
       case when n < s.total and n % 10 = 0 then 'ACTIVE' else 'RESOLVED' end,
       case when n < s.total and n % 10 = 0 then 1 end,
       now() - n * interval '5 minutes', now() - n * interval '5 minutes', 3, 360, 365,
       case when n < s.total and n % 10 = 0 then null else now() - n * interval '5 minutes' + interval '1 hour' end,
       now(), now()
     from generate_series(0, $3::int - 1) n
     join (select id, device_id, row_number() over (order by id) - 1 as place, count(*) over () as total
       from sensors where municipality_id = $1) s on s.place = n % s.total
     cross join (select id from alert_rules order by id limit 1) r`,
    [town, METRIC, count],
  );
}
