import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../common/clock.js';
import { pageOf, startAfter, type Page } from '../../common/pagination/page.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { Transactions } from '../../database/transaction.js';
import { sharedWithCaller } from '../../devices/sharing/shared-sensors.js';
import type { LatestQuery } from './reading-query.schemas.js';
import { tenantCondition } from '../../database/tenant-condition.js';

/** The newest reading of one sensor, by event time. */
export interface LatestOfSensor {
  readonly sensorId: string;
  readonly deviceId: string;
  readonly metric: string;
  /** Epoch milliseconds. */
  readonly instant: number;
  readonly value: number;
  readonly quality: number;
  readonly risk: number;
}

interface Row {
  id: string;
  device_id: string;
  code: string;
  instant: string;
  value: number;
  quality: number;
  risk: number;
}

const cursorSchema = z.tuple([z.guid()]);

/** Tells the newest readings of thousands of sensors in one statement. */
@Injectable()
export class LatestQueryService {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly clock: Clock,
  ) {}

  /** One page, in the order in which the sensors were made; sensors that never delivered are left out. */
  async page(query: LatestQuery): Promise<Page<LatestOfSensor>> {
    const [after] = startAfter(query, cursorSchema) ?? [];
    const tenant = query.shared
      ? sharedWithCaller('s.id', this.dialect, this.clock.nowMs())
      : tenantCondition('s.municipality_id');
    const where = ['l.instant is not null', tenant.sql];
    const params: unknown[] = [...tenant.params];
    const only = (condition: string, value: string | undefined): void => {
      if (value === undefined) return;
      where.push(condition);
      params.push(value);
    };
    only('s.municipality_id = ?', query.municipalityId);
    only('s.device_id = ?', query.deviceId);
    only('s.sensor_type_id = (select t.id from sensor_types t where t.code = ?)', query.sensorType);
    only('s.id > ?', after);
    const { rows } = await this.transactions.query<Row>(
      `select s.id, s.device_id, s.code, l.instant, l.value, l.quality, l.risk
       from sensors s join latest_readings l on l.series_id = s.series_id
       where ${where.join(' and ')} order by s.id limit ${Math.trunc(query.limit) + 1}`,
      params,
    );
    return pageOf(rows, query.limit, ({ id }) => [id]).map(({ id, device_id, code, instant, ...rest }) => ({
      sensorId: id,
      deviceId: device_id,
      metric: code,
      instant: this.dialect.epochMs(instant),
      ...rest,
    }));
  }
}
