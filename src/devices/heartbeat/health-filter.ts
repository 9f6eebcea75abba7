import { raw, type FilterQuery } from '@mikro-orm/core';
import type { Device } from '../device.entity.js';
import type { LifeState } from './life.js';

/** SQL for what a device is, by its record and what was last found; `device` is the alias of its table. */
export function stateExpression(device: string, now: string): string {
  return `case when ${device}.status = 'deactivated' then 'deactivated'
    when ${device}.maintenance_until > '${now}' then 'maintenance'
    else coalesce((select p.state from device_presence p where p.device_id = ${device}.id), 'never_seen') end`;
}

/** Condition: the device is in one of the states. @param now as the driver wants it in a raw statement */
export function hasHealth(states: readonly LifeState[], now: string): FilterQuery<Device> {
  return { [raw((alias) => stateExpression(alias, now))]: { $in: [...states] } };
}
