import { EntityManager, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { pageOf, startAfter, type Page } from '../../../common/pagination/page.js';
import { Device } from '../../device.entity.js';
import { deviceNotFound } from '../../device.errors.js';
import { DeviceStatusChange } from './device-status-change.entity.js';
import type { StatusHistoryQuery } from './history.schemas.js';

const NEWEST_FIRST = { changedAt: 'desc', id: 'desc' } as const;
const cursorSchema = z.tuple([z.iso.datetime({ precision: 3 }), z.guid()]);

/** What became of a device, and when. */
@Injectable()
export class StatusHistoryService {
  constructor(private readonly em: EntityManager) {}

  /** The newest first. @throws NotFoundError `DEVICE_NOT_FOUND` */
  async list(deviceId: string, query: StatusHistoryQuery): Promise<Page<DeviceStatusChange>> {
    const em = this.em.fork();
    if ((await em.count(Device, { id: deviceId })) === 0) throw deviceNotFound(deviceId);
    const where: FilterQuery<DeviceStatusChange>[] = [{ deviceId }];
    const before = startAfter(query, cursorSchema);
    if (before !== undefined) {
      const changedAt = new Date(before[0]);
      where.push({ changedAt: { $lte: changedAt } });
      where.push({ $or: [{ changedAt: { $lt: new Date(before[0]) } }, { id: { $lt: before[1] } }] });
    }
    if (query.from !== undefined) where.push({ changedAt: { $gte: query.from } });
    if (query.to !== undefined) where.push({ changedAt: { $lt: query.to } });
    const rows = await em.find(
      DeviceStatusChange,
      { $and: where },
      { orderBy: NEWEST_FIRST, limit: query.limit + 1, filters: { tenant: false } },
    );
    return pageOf(rows, query.limit, ({ changedAt, id }) => [changedAt.toISOString(), id]);
  }
}
