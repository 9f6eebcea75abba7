/** Writes municipalities, devices with one sensor each, and rules, straight into a migrated PostgreSQL. */
import { randomUUID } from 'node:crypto';

/** Metric of every device of the benchmark. */
export const METRIC = 'water_level_cm';

/** Code of device `i`. */
export const deviceId = (i) => `bench-${i}`;

/**
 * @param {import('pg').Client} db
 * @param {{ municipalities: number, devices: number }} size
 */
export async function seedCountry(db, { municipalities, devices }) {
  const now = new Date().toISOString();
  const ids = Array.from({ length: municipalities }, () => randomUUID());
  for (const [i, id] of ids.entries()) {
    await db.query(`insert into municipalities (id, code, name, created_at, updated_at) values ($1, $2, $3, $4, $4)`, [
      id,
      `bench-${i}`,
      `Municipality ${i}`,
      now,
    ]);
  }
  await db.query(
    `insert into sensor_types (id, code, name, unit, valid_min, valid_max, thresholds, created_at, updated_at)
     values ($1, $2, 'Water level', 'cm', -500, 2000, '{"direction":"above","high":350}', $3, $3) on conflict do nothing`,
    [randomUUID(), METRIC, now],
  );
  for (let i = 0; i < devices; i++) {
    const municipality = ids[i % municipalities];
    await db.query(
      `insert into devices (id, municipality_id, name, created_at, updated_at) values ($1, $2, $3, $4, $4)`,
      [deviceId(i), municipality, `Gauge ${i}`, now],
    );
    await db.query(
      `insert into sensors (id, device_id, municipality_id, sensor_type_id, code, name, created_at, updated_at)
       select $1, $2, $3, id, code, 'Level', $5, $5 from sensor_types where code = $4`,
      [randomUUID(), deviceId(i), municipality, METRIC, now],
    );
  }
  for (const [name, condition, severity] of [
    ['River high', { operator: '>', value: 350 }, 'HIGH'],
    ['River low', { operator: '<', value: 20 }, 'LOW'],
  ]) {
    await db.query(
      `insert into alert_rules (id, name, kind, scope, rule_condition, severity, created_at, updated_at)
       values ($1, $2, 'threshold', $3, $4, $5, $6, $6)`,
      [randomUUID(), name, { sensorTypeCode: METRIC }, condition, severity, now],
    );
  }
  await db.query(`update counters set value = value + 1 where name = 'registry'`);
}
