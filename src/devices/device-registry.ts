import { Injectable } from '@nestjs/common';
import { RegistryVersion } from '../database/registry-version.js';
import { placeholders } from '../database/sql.js';
import { Transactions } from '../database/transaction.js';
import { compileProfile, type CompiledProfile } from './profiles/compiled-profile.js';
import type { RiskThresholds } from './sensors/risk-thresholds.js';

/** What ingestion needs to know of a sensor. */
export interface RegisteredSensor {
  readonly id: string;
  readonly seriesId: number;
  readonly code: string;
  readonly typeCode: string;
  readonly deviceId: string;
  readonly municipalityId: string;
  /** Unit of its type. */
  readonly unit: string;
  readonly validMin: number | null;
  readonly validMax: number | null;
  /** Own thresholds of the sensor, else those of its type. */
  readonly thresholds: RiskThresholds | null;
}

/** What ingestion needs to know of a device. */
export interface RegisteredDevice {
  readonly id: string;
  readonly municipalityId: string;
  /** The device is active and its municipality is not suspended. */
  readonly active: boolean;
  readonly signatureRequired: boolean;
  /** Expected between two reading sets. */
  readonly reportingIntervalSeconds: number;
  /** How its payloads are read; undefined: as reading sets or SenML. */
  readonly profile?: CompiledProfile | undefined;
  /** Enabled sensors by their payload key. */
  readonly sensors: ReadonlyMap<string, RegisteredSensor>;
}

interface Row {
  device_id: string;
  municipality_id: string;
  device_status: string;
  municipality_status: string;
  signature_required: boolean | number;
  reporting_interval: number;
  profile_id: string | null;
  sensor_id: string | null;
  series_id: number;
  code: string;
  type_code: string;
  unit: string;
  valid_min: number | null;
  valid_max: number | null;
  thresholds: RiskThresholds | null;
  type_thresholds: RiskThresholds | null;
}

/** Ids per statement, far below the limit of placeholders of either database. */
const CHUNK = 2_000;
/** Unknown ids are remembered too, but an attacker who invents ids must not fill the memory. */
const MAX_UNKNOWN = 10_000;

/** Devices and their sensors in memory, as ingestion looks them up; forgotten when the registry version changes. */
@Injectable()
export class DeviceRegistry {
  private devices = new Map<string, RegisteredDevice>();
  private unknown = new Set<string>();
  /** Profiles by id; each is compiled once for all devices that name it. */
  private profiles = new Map<string, CompiledProfile>();
  private generation = 0;

  constructor(
    private readonly transactions: Transactions,
    registryVersion: RegistryVersion,
  ) {
    registryVersion.onChange(() => this.forget());
  }

  /** The devices of these ids; an id that is missing in the answer is not registered. */
  async resolve(ids: readonly string[]): Promise<ReadonlyMap<string, RegisteredDevice>> {
    const missing = new Set<string>();
    for (const id of ids) if (!this.devices.has(id) && !this.unknown.has(id)) missing.add(id);
    if (missing.size === 0) return this.devices;
    const generation = this.generation;
    const loaded = await this.load([...missing]);
    // The registry changed while we read: what was read may be old, and what was in memory is gone.
    if (generation !== this.generation) return this.resolve(ids);
    for (const [id, device] of loaded) this.devices.set(id, device);
    if (this.unknown.size > MAX_UNKNOWN) this.unknown.clear();
    for (const id of missing) if (!loaded.has(id)) this.unknown.add(id);
    return this.devices;
  }

  private forget(): void {
    this.generation++;
    this.devices = new Map();
    this.unknown = new Set();
    this.profiles = new Map();
  }

  /** Reads devices of all municipalities: ingestion is the platform's own work and decides by device. */
  private async load(ids: string[]): Promise<Map<string, RegisteredDevice>> {
    const devices = new Map<string, RegisteredDevice>();
    for (let from = 0; from < ids.length; from += CHUNK) {
      const chunk = ids.slice(from, from + CHUNK);
      const { rows } = await this.transactions.query<Row>(
        `select d.id as device_id, d.municipality_id, d.status as device_status, m.status as municipality_status,
           coalesce(d.reporting_interval_seconds, d.heartbeat_interval_seconds) as reporting_interval,
           d.signature_required, d.profile_id, s.id as sensor_id, s.series_id, s.code, t.code as type_code, t.unit,
           t.valid_min, t.valid_max, s.thresholds, t.thresholds as type_thresholds
         from devices d
         join municipalities m on m.id = d.municipality_id
         left join sensors s on s.device_id = d.id and s.enabled
         left join sensor_types t on t.id = s.sensor_type_id
         where d.id in ${placeholders(chunk.length)}`,
        chunk,
      );
      const profiles = await this.profilesOf(rows);
      for (const row of rows) addRow(devices, row, profiles);
    }
    return devices;
  }

  /** Those that the rows name; one more statement for the first devices of a profile, none for devices without one. */
  private async profilesOf(rows: readonly Row[]): Promise<ReadonlyMap<string, CompiledProfile>> {
    // Whatever is forgotten meanwhile, what was read before does not get into the new memory.
    const { profiles } = this;
    const missing = new Set<string>();
    for (const { profile_id: id } of rows) if (id !== null && !profiles.has(id)) missing.add(id);
    if (missing.size === 0) return profiles;
    const { rows: found } = await this.transactions.query<{ id: string; code: string; definition: unknown }>(
      `select id, code, definition from device_profiles where id in ${placeholders(missing.size)}`,
      [...missing],
    );
    for (const { id, code, definition } of found) {
      const json: unknown = typeof definition === 'string' ? JSON.parse(definition) : definition;
      profiles.set(id, compileProfile(code, json));
    }
    return profiles;
  }
}

function addRow(
  devices: Map<string, RegisteredDevice>,
  row: Row,
  profiles: ReadonlyMap<string, CompiledProfile>,
): void {
  let device = devices.get(row.device_id);
  if (!device) {
    device = {
      id: row.device_id,
      municipalityId: row.municipality_id,
      active: row.device_status === 'active' && row.municipality_status === 'active',
      signatureRequired: Boolean(row.signature_required),
      reportingIntervalSeconds: row.reporting_interval,
      profile: row.profile_id === null ? undefined : profiles.get(row.profile_id),
      sensors: new Map(),
    };
    devices.set(device.id, device);
  }
  if (row.sensor_id === null) return;
  (device.sensors as Map<string, RegisteredSensor>).set(row.code, {
    id: row.sensor_id,
    seriesId: row.series_id,
    code: row.code,
    typeCode: row.type_code,
    unit: row.unit,
    deviceId: device.id,
    municipalityId: device.municipalityId,
    validMin: row.valid_min,
    validMax: row.valid_max,
    thresholds: row.thresholds ?? row.type_thresholds,
  });
}
