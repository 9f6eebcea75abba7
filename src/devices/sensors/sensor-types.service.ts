import { EntityManager, LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { pageOf, startAfter, type Page, type PageQuery } from '../../common/pagination/page.js';
import { ValidationError } from '../../common/errors/errors.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { RegistryVersion } from '../../database/registry-version.js';
import { Transactions } from '../../database/transaction.js';
import { sensorTypeExists, sensorTypeNotFound } from './sensor.errors.js';
import type { CreateSensorType, PatchSensorType } from './sensor-type.schemas.js';
import { SensorType } from './sensor-type.entity.js';

const cursorSchema = z.tuple([z.string()]);

/** Reads and changes what can be measured; sensor types belong to the whole country. */
@Injectable()
export class SensorTypesService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly registryVersion: RegistryVersion,
  ) {}

  /** Types by code. */
  async list(query: PageQuery): Promise<Page<SensorType>> {
    const [after] = startAfter(query, cursorSchema) ?? [];
    const where = after === undefined ? {} : { code: { $gt: after } };
    const types = await this.em.fork().find(SensorType, where, { orderBy: { code: 'asc' }, limit: query.limit + 1 });
    return pageOf(types, query.limit, (type) => [type.code]);
  }

  /** @throws NotFoundError `SENSOR_TYPE_NOT_FOUND` */
  async get(code: string): Promise<SensorType> {
    const type = await this.em.fork().findOne(SensorType, { code });
    if (type === null) throw sensorTypeNotFound(code);
    return type;
  }

  /** @throws ConflictError `SENSOR_TYPE_ALREADY_EXISTS` */
  create(input: CreateSensorType): Promise<SensorType> {
    return this.transactions.run(async (tx) => {
      const type = tx.em.create(SensorType, input);
      try {
        await tx.em.flush();
      } catch (error) {
        if (this.dialect.violatedKey(error) !== null) throw sensorTypeExists(input.code, error);
        throw error;
      }
      await this.registryVersion.bump(tx);
      return type;
    });
  }

  /** @throws NotFoundError `SENSOR_TYPE_NOT_FOUND`; ValidationError when the range would be upside down */
  update(code: string, patch: PatchSensorType): Promise<SensorType> {
    return this.transactions.run(async (tx) => {
      const type = await tx.em.findOne(SensorType, { code }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (type === null) throw sensorTypeNotFound(code);
      tx.em.assign(type, patch, { mergeObjectProperties: false });
      refuseUpsideDown(type);
      await tx.em.flush();
      await this.registryVersion.bump(tx);
      return type;
    });
  }
}

/** A patch of one end can contradict the end that is stored. */
function refuseUpsideDown({ validMin, validMax }: SensorType): void {
  if ((validMin ?? -Infinity) <= (validMax ?? Infinity)) return;
  const message = 'validMax must not be smaller than validMin';
  throw new ValidationError([{ path: 'validMax', code: 'RANGE_UPSIDE_DOWN', message }]);
}
