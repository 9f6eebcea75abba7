import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import type { FieldError } from '../../common/errors/domain.error.js';
import { requireTenantScope } from '../../common/request-context/request-context.js';
import { uuidSchema } from '../../common/validation/schemas.js';
import { Municipality } from '../../municipalities/municipality.entity.js';
import { PlatformUser } from '../broker/platform-user.js';
import { Device } from '../device.entity.js';
import { reservedDeviceId } from '../device.errors.js';
import type { RegisterDevice } from '../device.schemas.js';
import { DeviceProfile } from '../profiles/device-profile.entity.js';
import { Protocol } from '../protocols/protocol.entity.js';
import { SensorType } from '../sensors/sensor-type.entity.js';
import type { DeviceRow } from './device-csv.js';

/** A line that was held against what is stored. */
export interface CheckedRow {
  readonly row: DeviceRow;
  /** Ready for the registration; undefined when something is wrong or the device exists. */
  readonly input: RegisterDevice | undefined;
  readonly exists: boolean;
  readonly errors: readonly FieldError[];
}

/** What the lines of a file refer to, as far as it is there. */
interface Known {
  readonly devices: ReadonlySet<string>;
  /** Ids that no device may have. */
  readonly reserved: ReadonlySet<string>;
  readonly sensorTypes: ReadonlySet<string>;
  readonly protocols: ReadonlySet<string>;
  /** Municipality (or none: national) and code of each. */
  readonly profiles: ReadonlySet<string>;
  /** Municipality and DevEUI of devices. */
  readonly devEuis: ReadonlySet<string>;
  /** Ids, by id and by code. */
  readonly municipalities: ReadonlyMap<string, string>;
}

/** Holds the lines of a file against the database, with a few questions for all of them. Stores nothing. */
@Injectable()
export class ImportPreflight {
  constructor(
    private readonly em: EntityManager,
    private readonly platform: PlatformUser,
  ) {}

  /** Needs a tenant scope. */
  async check(rows: readonly DeviceRow[]): Promise<CheckedRow[]> {
    const known = await this.lookUp(rows);
    return rows.map((row) => checkRow(row, known));
  }

  private async lookUp(rows: readonly DeviceRow[]): Promise<Known> {
    const em = this.em.fork();
    const inputs = rows.flatMap(({ input }) => input ?? []);
    const deviceIds = unique(inputs.map(({ deviceId }) => deviceId));
    const types = inputs.flatMap(({ sensors = [] }) => sensors.map(({ typeCode }) => typeCode));
    const protocols = inputs.flatMap(({ protocolCode }) => protocolCode ?? []);
    // Ids are unique in the country: one that is another tenant's is taken as well, as for a single registration.
    const taken = await em.find(Device, { id: { $in: deviceIds } }, { fields: ['id'], filters: { tenant: false } });
    const foundTypes = await em.find(SensorType, { code: { $in: unique(types) } }, { fields: ['code'] });
    const given = await em.find(Protocol, { code: { $in: unique(protocols) }, enabled: true }, { fields: ['code'] });
    const profiles = await em.find(
      DeviceProfile,
      { code: { $in: unique(inputs.flatMap(({ profileCode }) => profileCode ?? [])) } },
      { fields: ['code', 'municipalityId'] },
    );
    const radios = await em.find(
      Device,
      { devEui: { $in: unique(inputs.flatMap(({ devEui }) => devEui ?? [])) } },
      { fields: ['devEui', 'municipalityId'] },
    );
    return {
      devices: new Set(taken.map(({ id }) => id)),
      reserved: new Set(deviceIds.filter((id) => this.platform.ownsClientId(id))),
      sensorTypes: new Set(foundTypes.map(({ code }) => code)),
      protocols: new Set(given.map(({ code }) => code)),
      profiles: new Set(profiles.map(({ municipalityId, code }) => within(municipalityId, code))),
      devEuis: new Set(radios.map(({ municipalityId, devEui }) => within(municipalityId, devEui!))),
      municipalities: await municipalitiesNamed(em, unique(rows.flatMap(({ municipality }) => municipality ?? []))),
    };
  }
}

/** Those of the named municipalities that the caller may touch; others do not exist for them. */
async function municipalitiesNamed(em: EntityManager, names: readonly string[]): Promise<Map<string, string>> {
  const ids = names.flatMap((name) => uuidSchema.safeParse(name).data ?? []);
  const found = await em.find(
    Municipality,
    { $or: [{ id: { $in: ids } }, { code: { $in: [...names] } }] },
    { fields: ['code'] },
  );
  const scope = requireTenantScope();
  const own = found.filter(({ id }) => scope.kind === 'all' || scope.municipalityIds.includes(id));
  return new Map(own.flatMap(({ id, code }) => [[id, id] as const, [code, id] as const]));
}

function checkRow(row: DeviceRow, known: Known): CheckedRow {
  const errors = [...row.errors];
  const { input, municipality } = row;
  if (input !== undefined && known.reserved.has(input.deviceId)) errors.push(reservedDeviceId('device_id'));
  const municipalityId = municipality === undefined ? ownMunicipality() : municipalityIdOf(municipality, known);
  if (municipality !== undefined && municipalityId === undefined) {
    const message = `There is no municipality "${municipality}".`;
    errors.push({ path: 'municipality', code: 'MUNICIPALITY_NOT_FOUND', message });
  }
  if (municipality === undefined && municipalityId === undefined) {
    const message = 'Name the municipality that the device belongs to.';
    errors.push({ path: 'municipality', code: 'MUNICIPALITY_REQUIRED', message });
  }
  for (const [index, { typeCode }] of (input?.sensors ?? []).entries()) {
    if (known.sensorTypes.has(typeCode)) continue;
    const message = `There is no sensor type "${typeCode}".`;
    errors.push({ path: `sensors.${index}`, code: 'UNKNOWN_SENSOR_TYPE', message });
  }
  const protocol = input?.protocolCode ?? undefined;
  if (protocol !== undefined && !known.protocols.has(protocol)) {
    const message = `There is no protocol "${protocol}" that devices are given.`;
    errors.push({ path: 'protocol', code: 'UNKNOWN_PROTOCOL', message });
  }
  const profile = input?.profileCode ?? undefined;
  if (profile !== undefined && ![municipalityId, null].some((owner) => known.profiles.has(within(owner, profile)))) {
    const message = `There is no profile "${profile}".`;
    errors.push({ path: 'profile', code: 'UNKNOWN_PROFILE', message });
  }
  const exists = errors.length === 0 && input !== undefined && known.devices.has(input.deviceId);
  const devEui = input?.devEui ?? undefined;
  if (devEui !== undefined && !exists && known.devEuis.has(within(municipalityId, devEui))) {
    const message = 'Another device of the municipality has this DevEUI.';
    errors.push({ path: 'dev_eui', code: 'DEV_EUI_TAKEN', message });
  }
  const isReady = input !== undefined && errors.length === 0 && !exists;
  return { row, errors, exists, input: isReady ? { ...input, municipalityId } : undefined };
}

function municipalityIdOf(name: string, { municipalities }: Known): string | undefined {
  return municipalities.get(name) ?? municipalities.get(name.toLowerCase());
}

/** The municipality of a caller who has one alone. */
function ownMunicipality(): string | undefined {
  const scope = requireTenantScope();
  return scope.kind === 'municipalities' && scope.municipalityIds.length === 1 ? scope.municipalityIds[0] : undefined;
}

function within(municipalityId: string | null | undefined, name: string): string {
  return `${municipalityId ?? ''} ${name}`;
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
