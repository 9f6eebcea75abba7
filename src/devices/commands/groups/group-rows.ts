import { LockMode, type EntityManager } from '@mikro-orm/core';
import type { Transaction } from '../../../database/transaction.js';
import { Device } from '../../device.entity.js';
import { groupFull, groupNotFound, MAX_MEMBERS, unknownMembers } from './device-group.errors.js';
import { DeviceGroupMember } from './device-group-member.entity.js';
import { DeviceGroup } from './device-group.entity.js';

/** The group, locked, so that changes of one group come one after the other. @throws NotFoundError */
export async function lockGroup(tx: Transaction, id: string): Promise<DeviceGroup> {
  const group = await tx.em.findOne(DeviceGroup, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (group === null) throw groupNotFound(id);
  return group;
}

/** How many members a group has. */
export function countMembers(em: EntityManager, groupId: string): Promise<number> {
  return em.count(DeviceGroupMember, { groupId });
}

/**
 * Adds devices of the group's municipality to a group that is locked. @returns how many members it has then
 * @throws ValidationError `UNKNOWN_DEVICE`; ConflictError `DEVICE_GROUP_FULL`
 */
export async function addMembers(
  tx: Transaction,
  { id: groupId, municipalityId }: DeviceGroup,
  deviceIds: readonly string[],
): Promise<number> {
  const wanted = [...new Set(deviceIds)].sort();
  const devices = await tx.em.find(Device, { id: { $in: wanted }, municipalityId });
  const known = new Set(devices.map(({ id }) => id));
  const unknown = deviceIds.flatMap((id, i) => (known.has(id) ? [] : [i]));
  if (unknown.length > 0) throw unknownMembers(unknown);
  const present = await tx.em.find(DeviceGroupMember, { groupId });
  const members = new Set(present.map(({ deviceId }) => deviceId));
  for (const deviceId of wanted) {
    if (!members.has(deviceId)) tx.em.create(DeviceGroupMember, { groupId, deviceId, municipalityId });
    members.add(deviceId);
  }
  if (members.size > MAX_MEMBERS) throw groupFull();
  await tx.em.flush();
  return members.size;
}
