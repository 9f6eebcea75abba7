import { requireTenantScope } from '../../common/request-context/request-context.js';
import type { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { placeholders } from '../../database/sql.js';

/** A condition of raw SQL with its parameters. */
export interface SqlCondition {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/**
 * Condition for raw SQL: another municipality lets the caller's read the sensor at this moment. Of a super admin it is
 * never true, who needs nobody's leave.
 * @param sensorId column or expression with the id of the sensor
 * @param nowMs epoch milliseconds
 * @throws Error outside a tenant scope
 */
export function sharedWithCaller(sensorId: string, dialect: SqlDialect, nowMs: number): SqlCondition {
  const scope = requireTenantScope();
  if (scope.kind === 'all' || scope.municipalityIds.length === 0) return { sql: '1 = 0', params: [] };
  const now = dialect.instant(nowMs);
  return {
    sql: `exists (select 1 from sensor_shares h where h.sensor_id = ${sensorId} and h.ended_at is null
      and h.valid_from <= ? and h.valid_until > ? and h.recipient_id in ${placeholders(scope.municipalityIds.length)})`,
    params: [now, now, ...scope.municipalityIds],
  };
}
