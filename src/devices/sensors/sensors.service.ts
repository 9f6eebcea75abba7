import { EntityManager, LockMode, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { pageOf, startAfter, type Page } from '../../common/pagination/page.js';
import { requireVersion, type ExpectedVersion } from '../../common/versioning/version.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { textContains } from '../../database/text-search.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { SharesService } from '../sharing/shares.service.js';
import { DeviceChanges } from '../device-changes.js';
import { Device } from '../device.entity.js';
import { deviceNotFound } from '../device.errors.js';
import { sensorExists, sensorNotFound, sensorTypeNotFound } from './sensor.errors.js';
import { Sensor } from './sensor.entity.js';
import { addSensors } from './sensor-factory.js';
import type { TypedSensor } from './sensor.mapper.js';
import { withTypes } from './sensor-queries.js';
import type { CreateSensor, ListSensors, PatchSensor } from './sensor.schemas.js';
import { SensorType } from './sensor-type.entity.js';

const cursorSchema = z.tuple([z.guid()]);

/** Reads and changes the sensors of the caller's devices; another tenant's sensor does not exist for it. */
@Injectable()
export class SensorsService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly changes: DeviceChanges,
    private readonly shares: SharesService,
  ) {}

  /** Sensors in the order of their making; `shared` asks for those of others that the caller may read now. */
  async list(query: ListSensors): Promise<Page<TypedSensor>> {
    const em = this.em.fork();
    const where = await this.conditions(em, query);
    if (query.shared) where.push({ id: { $in: await this.shares.readable(em) } });
    const options = { filters: { tenant: !query.shared }, orderBy: { id: 'asc' as const }, limit: query.limit + 1 };
    const sensors = await em.find(Sensor, { $and: where }, options);
    return pageOf(await withTypes(em, sensors), query.limit, ({ sensor }) => [sensor.id]);
  }

  /** Also a sensor of others that the caller may read now. @throws NotFoundError `SENSOR_NOT_FOUND` */
  async get(id: string): Promise<TypedSensor> {
    const em = this.em.fork();
    const own = await em.findOne(Sensor, { id });
    const sensor = own ?? (await this.shared(em, id));
    if (sensor === null) throw sensorNotFound(id);
    return typed(em, sensor);
  }

  /**
   * Adds a sensor to a device.
   * @throws NotFoundError `DEVICE_NOT_FOUND`; ConflictError `SENSOR_ALREADY_EXISTS`; ValidationError for an unknown type
   */
  create(input: CreateSensor): Promise<TypedSensor> {
    return this.transactions.run(async (tx) => {
      const device = await this.lockDevice(tx, input.deviceId);
      const [added] = await addSensors(tx, device, [input], () => 'typeCode');
      try {
        await tx.em.flush();
      } catch (error) {
        if (this.dialect.violatedKey(error) !== null) throw sensorExists(input.code ?? input.typeCode, error);
        throw error;
      }
      await this.changes.record(tx, device, 'sensors_changed');
      if (added === undefined) throw sensorTypeNotFound(input.typeCode);
      return added;
    });
  }

  /** @throws NotFoundError `SENSOR_NOT_FOUND`; ConflictError `VERSION_CONFLICT` */
  update(id: string, patch: Omit<PatchSensor, 'version'>, expected?: ExpectedVersion): Promise<TypedSensor> {
    return this.transactions.run(async (tx) => {
      const found = await tx.em.findOne(Sensor, { id });
      if (found === null) throw sensorNotFound(id);
      const device = await this.lockDevice(tx, found.deviceId);
      const sensor = await tx.em.refreshOrFail(found);
      requireVersion(sensor, expected);
      tx.em.assign(sensor, patch, { mergeObjectProperties: false });
      await this.changes.record(tx, device, 'sensors_changed');
      return typed(tx.em, sensor);
    });
  }

  private async shared(em: EntityManager, id: string): Promise<Sensor | null> {
    const readable = await this.shares.readable(em, id);
    return readable.length === 0 ? null : em.findOne(Sensor, { id }, { filters: { tenant: false } });
  }

  private async conditions(em: EntityManager, query: ListSensors): Promise<FilterQuery<Sensor>[]> {
    const where: FilterQuery<Sensor>[] = [];
    const [after] = startAfter(query, cursorSchema) ?? [];
    if (after !== undefined) where.push({ id: { $gt: after } });
    if (query.municipalityId !== undefined) where.push({ municipalityId: query.municipalityId });
    if (query.deviceId !== undefined) where.push({ deviceId: query.deviceId });
    if (query.enabled !== undefined) where.push({ enabled: query.enabled });
    if (query.sensorType !== undefined) {
      const types = await em.find(SensorType, { code: query.sensorType });
      where.push({ sensorTypeId: { $in: types.map(({ id }) => id) } });
    }
    if (query.search !== undefined) where.push(textContains(['name', 'code', 'device_id'], query.search));
    return where;
  }

  private async lockDevice(tx: Transaction, deviceId: string): Promise<Device> {
    const device = await tx.em.findOne(Device, { id: deviceId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (device === null) throw deviceNotFound(deviceId);
    return device;
  }
}

async function typed(em: EntityManager, sensor: Sensor): Promise<TypedSensor> {
  const [found] = await withTypes(em, [sensor]);
  if (found === undefined) throw sensorNotFound(sensor.id);
  return found;
}
