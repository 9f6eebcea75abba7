import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { pageOf, startAfter, type Page, type PageQuery } from '../../../common/pagination/page.js';
import { Transactions } from '../../../database/transaction.js';
import { Device } from '../../device.entity.js';
import { groupNotFound, memberNotFound } from './device-group.errors.js';
import { DeviceGroupMember } from './device-group-member.entity.js';
import { DeviceGroup } from './device-group.entity.js';
import type { CountedGroup, GroupMember } from './device-group.mapper.js';
import { addMembers, lockGroup } from './group-rows.js';

const cursorSchema = z.tuple([z.string()]);

/** The devices of groups. */
@Injectable()
export class GroupMembersService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
  ) {}

  /** Members by device id. @throws NotFoundError `DEVICE_GROUP_NOT_FOUND`; BadRequestError `CURSOR_INVALID` */
  async list(groupId: string, query: PageQuery): Promise<Page<GroupMember>> {
    const em = this.em.fork();
    if ((await em.count(DeviceGroup, { id: groupId })) === 0) throw groupNotFound(groupId);
    const [after] = startAfter(query, cursorSchema) ?? [];
    const where = { groupId, ...(after === undefined ? {} : { deviceId: { $gt: after } }) };
    const members = await em.find(DeviceGroupMember, where, { orderBy: { deviceId: 'asc' }, limit: query.limit + 1 });
    const page = pageOf(members, query.limit, ({ deviceId }) => [deviceId]);
    const devices = await em.find(Device, { id: { $in: page.items.map(({ deviceId }) => deviceId) } });
    const byId = new Map(devices.map((device) => [device.id, device]));
    return page.map((member) => ({ member, device: byId.get(member.deviceId)! }));
  }

  /**
   * Adds devices; those that are members already stay so.
   * @throws NotFoundError `DEVICE_GROUP_NOT_FOUND`; ValidationError `UNKNOWN_DEVICE`; ConflictError `DEVICE_GROUP_FULL`
   */
  add(groupId: string, deviceIds: readonly string[]): Promise<CountedGroup> {
    return this.transactions.run(async (tx) => {
      const group = await lockGroup(tx, groupId);
      return { group, memberCount: await addMembers(tx, group, deviceIds) };
    });
  }

  /** @throws NotFoundError `DEVICE_GROUP_NOT_FOUND`, `DEVICE_GROUP_MEMBER_NOT_FOUND` */
  remove(groupId: string, deviceId: string): Promise<void> {
    return this.transactions.run(async (tx) => {
      await lockGroup(tx, groupId);
      const member = await tx.em.findOne(DeviceGroupMember, { groupId, deviceId });
      if (member === null) throw memberNotFound(deviceId);
      tx.em.remove(member);
      await tx.em.flush();
    });
  }
}
