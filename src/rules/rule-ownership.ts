import type { EntityManager } from '@mikro-orm/core';
import { requireTenantScope } from '../common/request-context/request-context.js';
import { municipalityNotFound } from '../devices/device.errors.js';
import { unknownSensorTypes } from '../devices/sensors/sensor.errors.js';
import { Sensor } from '../devices/sensors/sensor.entity.js';
import { SensorType } from '../devices/sensors/sensor-type.entity.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import type { RuleScope } from './rule-definition.js';
import { nationalRuleForbidden, unknownMunicipality, unknownSensor } from './rule.errors.js';

/** Whether the caller may keep rules of the whole country. */
export function mayKeepNational(): boolean {
  return requireTenantScope().kind === 'all';
}

/**
 * The municipality that a new rule belongs to: the one stated; else the caller's own, or for a super admin that of the
 * scope. Null: the whole country.
 * @throws NotFoundError, ForbiddenError when it is not the caller's
 */
export async function ownerOf(
  em: EntityManager,
  stated: string | null | undefined,
  scope: RuleScope,
): Promise<string | null> {
  const tenant = requireTenantScope();
  if (tenant.kind === 'municipalities') {
    if (stated === null) throw nationalRuleForbidden();
    const owner = stated ?? tenant.municipalityIds[0];
    if (owner === undefined || !tenant.municipalityIds.includes(owner)) throw municipalityNotFound();
    return owner;
  }
  if (stated === undefined) return ownerOfScope(em, scope);
  if (stated !== null && (await em.count(Municipality, { id: stated })) === 0) throw municipalityNotFound();
  return stated;
}

async function ownerOfScope(em: EntityManager, { sensorId, municipalityId }: RuleScope): Promise<string | null> {
  if (sensorId === undefined) return municipalityId ?? null;
  const sensor = await em.findOne(Sensor, { id: sensorId });
  return sensor?.municipalityId ?? null;
}

/**
 * Checks that everything the scope names exists, and lies in the municipality of the rule.
 * @throws ValidationError
 */
export async function checkScope(em: EntityManager, owner: string | null, scope: RuleScope): Promise<void> {
  const { sensorId, sensorTypeCode, municipalityId } = scope;
  const own = owner === null ? {} : { municipalityId: owner };
  if (sensorId !== undefined && (await em.count(Sensor, { id: sensorId, ...own })) === 0) throw unknownSensor();
  if (sensorTypeCode !== undefined && (await em.count(SensorType, { code: sensorTypeCode })) === 0) {
    throw unknownSensorTypes([{ path: 'scope.sensorTypeCode', code: sensorTypeCode }]);
  }
  if (municipalityId === undefined) return;
  const isOwn = owner === null || municipalityId === owner;
  if (!isOwn || (await em.count(Municipality, { id: municipalityId })) === 0) {
    throw unknownMunicipality('scope.municipalityId');
  }
}
