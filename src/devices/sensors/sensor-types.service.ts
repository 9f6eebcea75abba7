import { EntityManager, LockMode, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { pageOf, startAfter, type Page } from '../../common/pagination/page.js';
import { ValidationError } from '../../common/errors/errors.js';
import { byIdOrCode } from '../../common/validation/schemas.js';
import { containsPattern } from '../../common/validation/text.schemas.js';
import { requireVersion, type ExpectedVersion } from '../../common/versioning/version.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { RegistryVersion } from '../../database/registry-version.js';
import { textContains } from '../../database/text-search.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { sensorTypeExists, sensorTypeInUse, sensorTypeNotFound } from './sensor.errors.js';
import type { CreateSensorType, ListSensorTypes, PatchSensorType } from './sensor-type.schemas.js';
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

  /** Types by code. @throws BadRequestError `CURSOR_INVALID` */
  async list(query: ListSensorTypes): Promise<Page<SensorType>> {
    const where: FilterQuery<SensorType>[] = [];
    const [after] = startAfter(query, cursorSchema) ?? [];
    if (after !== undefined) where.push({ code: { $gt: after } });
    if (query.code !== undefined) where.push({ code: query.code });
    if (query.search !== undefined) where.push(textContains(['name', 'code'], query.search));
    const options = { orderBy: { code: 'asc' as const }, limit: query.limit + 1 };
    const types = await this.em.fork().find(SensorType, { $and: where }, options);
    return pageOf(types, query.limit, (type) => [type.code]);
  }

  /** @param key its id or its code. @throws NotFoundError `SENSOR_TYPE_NOT_FOUND` */
  async get(key: string): Promise<SensorType> {
    const type = await this.em.fork().findOne(SensorType, byIdOrCode(key));
    if (type === null) throw sensorTypeNotFound(key);
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

  /**
   * @param key its id or its code
   * @throws NotFoundError `SENSOR_TYPE_NOT_FOUND`; ConflictError `VERSION_CONFLICT`; ValidationError when the range would
   *   be upside down
   */
  update(key: string, patch: Omit<PatchSensorType, 'version'>, expected?: ExpectedVersion): Promise<SensorType> {
    return this.change(key, expected, (tx, type) => {
      tx.em.assign(type, patch, { mergeObjectProperties: false });
      refuseUpsideDown(type);
    });
  }

  /**
   * Deletes a type that nothing uses.
   * @param key its id or its code
   * @throws NotFoundError `SENSOR_TYPE_NOT_FOUND`; ConflictError `VERSION_CONFLICT`, `SENSOR_TYPE_IN_USE`
   */
  async remove(key: string, expected?: ExpectedVersion): Promise<void> {
    await this.change(key, expected, async (tx, type) => {
      const user = await userOf(tx, type);
      if (user !== null) throw sensorTypeInUse(type.code, user);
      tx.em.remove(type);
    });
  }

  private change(
    key: string,
    expected: ExpectedVersion,
    work: (tx: Transaction, type: SensorType) => Promise<void> | void,
  ): Promise<SensorType> {
    return this.transactions.run(async (tx) => {
      const type = await tx.em.findOne(SensorType, byIdOrCode(key), { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (type === null) throw sensorTypeNotFound(key);
      requireVersion(type, expected);
      await work(tx, type);
      await tx.em.flush();
      await this.registryVersion.bump(tx);
      return type;
    });
  }
}

/**
 * What uses a type, of whichever municipality; null: nothing. Whoever adds a sensor waits for the lock on the type; rules
 * are a room above this one and are asked for in SQL. A scope holds no other text than ids and the code.
 */
async function userOf(tx: Transaction, { id, code }: SensorType): Promise<string | null> {
  const sensors = await tx.query(`select 1 from sensors where sensor_type_id = ? limit 1`, [id]);
  if (sensors.rows.length > 0) return 'sensors';
  const rules = await tx.query(
    `select 1 from alert_rules where deleted_at is null and cast(scope as char(1000)) like ? limit 1`,
    [containsPattern(`"${code}"`)],
  );
  return rules.rows.length > 0 ? 'alert rules' : null;
}

/** A patch of one end can contradict the end that is stored. */
function refuseUpsideDown({ validMin, validMax }: SensorType): void {
  if ((validMin ?? -Infinity) <= (validMax ?? Infinity)) return;
  const message = 'validMax must not be smaller than validMin';
  throw new ValidationError([{ path: 'validMax', code: 'RANGE_UPSIDE_DOWN', message }]);
}
