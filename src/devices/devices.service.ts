import { EntityManager, LockMode, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../common/clock.js';
import { pageOf, startAfter, type Page } from '../common/pagination/page.js';
import { requireVersion, type ExpectedVersion } from '../common/versioning/version.js';
import { textContains } from '../database/text-search.js';
import { Transactions, type Transaction } from '../database/transaction.js';
import { DeviceCredential } from './credentials/device-credential.entity.js';
import { DeviceChanges } from './device-changes.js';
import { Device, type DeviceStatus } from './device.entity.js';
import { deviceNotFound } from './device.errors.js';
import type { DeviceDetail, DeviceWithPresence } from './device.mapper.js';
import { DevicePresence } from './device-presence.entity.js';
import type { ListDevices, PatchDevice } from './device.schemas.js';
import { DeviceLife } from './heartbeat/device-life.js';
import { hasHealth } from './heartbeat/health-filter.js';
import { chooseProfile } from './profiles/profile-choice.js';
import { checkProtocol } from './protocols/protocol-choice.js';
import { withTypes } from './sensors/sensor-queries.js';
import { Sensor } from './sensors/sensor.entity.js';
import { devEuiTaken } from './uplinks/dev-eui.js';

const cursorSchema = z.tuple([z.string()]);

/** Reads and changes devices of the caller's municipalities; another tenant's device does not exist for it. */
@Injectable()
export class DevicesService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly changes: DeviceChanges,
    private readonly life: DeviceLife,
    private readonly clock: Clock,
  ) {}

  /** Devices by id. */
  async list(query: ListDevices): Promise<Page<DeviceWithPresence>> {
    const em = this.em.fork();
    const [after] = startAfter(query, cursorSchema) ?? [];
    const where: FilterQuery<Device>[] = [];
    if (after !== undefined) where.push({ id: { $gt: after } });
    if (query.municipalityId !== undefined) where.push({ municipalityId: query.municipalityId });
    if (query.status !== undefined) where.push({ status: query.status });
    if (query.health !== undefined)
      where.push(hasHealth(query.health, this.transactions.dialect.instant(this.clock.nowMs())));
    if (query.search !== undefined) where.push(textContains(['name', 'id'], query.search));
    const devices = await em.find(Device, { $and: where }, { orderBy: { id: 'asc' }, limit: query.limit + 1 });
    const page = pageOf(devices, query.limit, (device) => [device.id]);
    const heard = await em.find(DevicePresence, { deviceId: { $in: page.items.map(({ id }) => id) } });
    const presences = new Map(heard.map((presence) => [presence.deviceId, presence]));
    const lives = await this.life.of([...page.items.map(({ id }) => id)], presences);
    return page.map((device) => ({
      device,
      presence: presences.get(device.id) ?? null,
      life: lives.get(device.id)!,
    }));
  }

  /** @throws NotFoundError `DEVICE_NOT_FOUND` */
  async withPresence(deviceId: string): Promise<DeviceWithPresence> {
    const em = this.em.fork();
    const device = await this.find(em, deviceId);
    return this.withLife(em, device);
  }

  /** @throws NotFoundError `DEVICE_NOT_FOUND` */
  async detail(deviceId: string): Promise<DeviceDetail> {
    const em = this.em.fork();
    const device = await this.find(em, deviceId);
    const known = await this.withLife(em, device);
    const sensors = await em.find(Sensor, { deviceId }, { orderBy: { code: 'asc' } });
    const live = { deviceId, revokedAt: null, $or: [{ expiresAt: null }, { expiresAt: { $gt: new Date() } }] };
    const credentials = await em.find(DeviceCredential, live);
    const authMethods = [...new Set(credentials.map(({ kind }) => kind))].sort();
    return { ...known, sensors: await withTypes(em, sensors), authMethods };
  }

  /** @throws NotFoundError `DEVICE_NOT_FOUND`; ConflictError `VERSION_CONFLICT`; ValidationError `UNKNOWN_PROTOCOL` */
  update(deviceId: string, patch: Omit<PatchDevice, 'version'>, expected?: ExpectedVersion): Promise<Device> {
    return this.transactions.run(async (tx) => {
      const device = await this.lock(tx, deviceId);
      requireVersion(device, expected);
      await checkProtocol(tx.em, patch.protocolCode, device.protocolCode);
      const profile = await chooseProfile(tx.em, patch.profileCode, device.municipalityId);
      tx.em.assign(device, { ...patch, ...profile }, { mergeObjectProperties: false });
      await this.changes.record(tx, device, 'updated').catch((error: unknown) => {
        throw devEuiTaken(tx.dialect, error);
      });
      return device;
    });
  }

  /**
   * Stops or allows a device at every door; again the same is no change.
   * @throws NotFoundError `DEVICE_NOT_FOUND`
   */
  setStatus(deviceId: string, status: DeviceStatus): Promise<Device> {
    return this.transactions.run(async (tx) => {
      const device = await this.lock(tx, deviceId);
      if (device.status === status) return device;
      device.status = status;
      await this.changes.record(tx, device, status === 'active' ? 'reactivated' : 'deactivated');
      return device;
    });
  }

  private async withLife(em: EntityManager, device: Device): Promise<DeviceWithPresence> {
    const presence = await em.findOne(DevicePresence, { deviceId: device.id });
    const lives = await this.life.of([device.id], new Map(presence ? [[device.id, presence]] : []));
    return { device, presence, life: lives.get(device.id)! };
  }

  private async find(em: EntityManager, deviceId: string): Promise<Device> {
    const device = await em.findOne(Device, { id: deviceId });
    if (device === null) throw deviceNotFound(deviceId);
    return device;
  }

  /** Changes of one device come one after the other, and their live events in that order. */
  private async lock(tx: Transaction, deviceId: string): Promise<Device> {
    await this.life.lock(tx, deviceId);
    const device = await tx.em.findOne(Device, { id: deviceId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (device === null) throw deviceNotFound(deviceId);
    return device;
  }
}
