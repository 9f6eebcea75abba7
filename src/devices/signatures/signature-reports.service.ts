import { EntityManager, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { pageOf, startAfter, type Page } from '../../common/pagination/page.js';
import { Device } from '../device.entity.js';
import { deviceNotFound } from '../device.errors.js';
import { DeviceClock } from './device-clock.entity.js';
import { DeviceRefusal, type RefusalCode } from './device-refusal.entity.js';
import type { ListRefusals } from './signature-report.schemas.js';

const cursorSchema = z.tuple([z.iso.date(), z.string().max(32)]);

/** What the signatures of devices tell: about their clocks, and what was refused. */
@Injectable()
export class SignatureReports {
  constructor(private readonly em: EntityManager) {}

  /** Null when the device never signed. @throws NotFoundError `DEVICE_NOT_FOUND` */
  async clock(deviceId: string): Promise<DeviceClock | null> {
    const em = this.em.fork();
    await requireDevice(em, deviceId);
    return em.findOne(DeviceClock, { deviceId });
  }

  /** What was refused, the latest day first. @throws NotFoundError `DEVICE_NOT_FOUND` */
  async refusals(deviceId: string, query: ListRefusals): Promise<Page<DeviceRefusal>> {
    const em = this.em.fork();
    await requireDevice(em, deviceId);
    const [day, code] = startAfter(query, cursorSchema) ?? [];
    const where: FilterQuery<DeviceRefusal>[] = [{ deviceId }];
    if (day !== undefined) where.push({ $or: [{ day: { $lt: day } }, { day, code: { $gt: code as RefusalCode } }] });
    const orderBy = { day: 'desc', code: 'asc' } as const;
    const rows = await em.find(DeviceRefusal, { $and: where }, { orderBy, limit: query.limit + 1 });
    return pageOf(rows, query.limit, (row) => [row.day, row.code]);
  }
}

async function requireDevice(em: EntityManager, id: string): Promise<void> {
  if ((await em.count(Device, { id })) === 0) throw deviceNotFound(id);
}
