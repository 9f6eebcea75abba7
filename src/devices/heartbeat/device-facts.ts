import { Injectable } from '@nestjs/common';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { placeholders, type SqlResult } from '../../database/sql.js';
import type { DeviceFacts } from './life-case.js';
import type { Door } from './listening/listening-span.entity.js';

/** Facts of a device, and the way by which it is heard. */
export interface JudgedDevice extends DeviceFacts {
  readonly door: Door;
}

interface Row {
  id: string;
  municipality_id: string;
  status: string;
  municipality_status: string;
  interval_seconds: number;
  reporting_seconds: number;
  maintenance_until: string | Date | null;
  transport: string | null;
  expects_data: boolean | number;
}

/** A transaction, or the pool. */
export interface Asked {
  query<R>(sql: string, params: readonly unknown[]): Promise<SqlResult<R>>;
}

/** Ids per statement, far below the limit of placeholders of either database. */
const CHUNK = 5_000;

/** Reads what devices are judged by besides their signs of life. */
@Injectable()
export class DeviceFactsReader {
  constructor(private readonly dialect: SqlDialect) {}

  /**
   * The devices that exist. Whoever changes a device by what is read here has locked its presence before: then a change
   * of the device by a person comes before, or sees what we do.
   */
  async read(asked: Asked, ids: readonly string[]): Promise<Map<string, JudgedDevice>> {
    const found = new Map<string, JudgedDevice>();
    for (let from = 0; from < ids.length; from += CHUNK) {
      const some = ids.slice(from, from + CHUNK);
      const { rows } = await asked.query<Row>(
        `select d.id, d.municipality_id, d.status, m.status as municipality_status, d.maintenance_until,
           d.heartbeat_interval_seconds as interval_seconds, p.transport,
           coalesce(d.reporting_interval_seconds, d.heartbeat_interval_seconds) as reporting_seconds,
           exists (select 1 from sensors s where s.device_id = d.id and s.enabled) as expects_data
         from devices d
         join municipalities m on m.id = d.municipality_id
         left join protocols p on p.code = d.protocol_code
         where d.id in ${placeholders(some.length)}`,
        some,
      );
      for (const row of rows) found.set(row.id, this.factsOf(row));
    }
    return found;
  }

  private factsOf(row: Row): JudgedDevice {
    return {
      deviceId: row.id,
      municipalityId: row.municipality_id,
      active: row.status === 'active',
      municipalityActive: row.municipality_status === 'active',
      intervalMs: row.interval_seconds * 1000,
      reportingMs: row.reporting_seconds * 1000,
      maintenanceUntil: row.maintenance_until === null ? null : this.dialect.epochMs(row.maintenance_until),
      expectsData: Boolean(row.expects_data),
      door: row.transport === 'http' ? 'http' : 'mqtt',
    };
  }
}
