import type { Device } from '../../device.entity.js';
import type { DeviceGroupMember } from './device-group-member.entity.js';
import type { DeviceGroup } from './device-group.entity.js';
import type { GroupResponse, MemberResponse } from './device-group.schemas.js';

/** A group and how many members it has. */
export interface CountedGroup {
  readonly group: DeviceGroup;
  readonly memberCount: number;
}

/** A member and its device. */
export interface GroupMember {
  readonly member: DeviceGroupMember;
  readonly device: Device;
}

/** A group as callers see it. */
export function toGroupResponse({ group, memberCount }: CountedGroup): GroupResponse {
  return {
    id: group.id,
    municipalityId: group.municipalityId,
    name: group.name,
    description: group.description,
    memberCount,
    version: group.version,
    createdAt: group.createdAt.toISOString(),
    updatedAt: group.updatedAt.toISOString(),
  };
}

/** A member as callers see it. */
export function toMemberResponse({ member, device }: GroupMember): MemberResponse {
  return { deviceId: device.id, name: device.name, status: device.status, addedAt: member.createdAt.toISOString() };
}
