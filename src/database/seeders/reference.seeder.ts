import { newId } from '../../common/ids.js';
import type { RegistryVersion } from '../registry-version.js';
import { placeholders } from '../sql.js';
import type { Transaction, Transactions } from '../transaction.js';
import { PROFILES, type SeededProfile } from './profiles.js';
import { PROTOCOLS, type SeededProtocol } from './protocols.js';
import { SENSOR_TYPES, type SeededSensorType } from './sensor-types.js';

/** Puts in what every installation starts with. What is there already stays as administrators made it. */
export class ReferenceSeeder {
  constructor(
    private readonly transactions: Transactions,
    private readonly registry: RegistryVersion,
  ) {}

  /** @returns codes of the sensor types, protocols and national profiles that were missing */
  run(): Promise<string[]> {
    return this.transactions.run(async (transaction) => {
      const types = await missingOf(transaction, 'sensor_types', SENSOR_TYPES);
      for (const type of types) await insert(transaction, type);
      const protocols = await missingOf(transaction, 'protocols', PROTOCOLS);
      for (const protocol of protocols) await insertProtocol(transaction, protocol);
      const profiles = await missingOf(transaction, 'device_profiles', PROFILES, ` and owner = 'national'`);
      for (const profile of profiles) await insertProfile(transaction, profile);
      if (types.length > 0) await this.registry.bump(transaction);
      return [...types, ...protocols, ...profiles].map(({ code }) => code);
    });
  }
}

async function missingOf<T extends { readonly code: string }>(
  transaction: Transaction,
  table: 'sensor_types' | 'protocols' | 'device_profiles',
  wanted: readonly T[],
  where = '',
): Promise<T[]> {
  const codes = wanted.map(({ code }) => code);
  const { rows } = await transaction.query<{ code: string }>(
    `select code from ${table} where code in ${placeholders(codes.length)}${where}`,
    codes,
  );
  const present = new Set(rows.map(({ code }) => code));
  return wanted.filter(({ code }) => !present.has(code));
}

async function insertProfile(transaction: Transaction, profile: SeededProfile): Promise<void> {
  const { code, name, description, definition } = profile;
  const now = transaction.dialect.instant(Date.now());
  await transaction.query(
    `insert into device_profiles (id, municipality_id, owner, code, name, description, format, definition, created_at, updated_at)
     values (?, null, 'national', ?, ?, ?, ?, ?, ?, ?)`,
    [newId(), code, name, description, definition.format, JSON.stringify(definition), now, now],
  );
}

async function insertProtocol(transaction: Transaction, protocol: SeededProtocol): Promise<void> {
  const { code, name, description, transport, settings } = protocol;
  const now = transaction.dialect.instant(Date.now());
  await transaction.query(
    `insert into protocols (id, code, name, description, transport, settings, created_at, updated_at)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
    [newId(), code, name, description, transport, JSON.stringify(settings), now, now],
  );
}

async function insert(transaction: Transaction, type: SeededSensorType): Promise<void> {
  // A reserved word on MySQL only.
  const precision = transaction.em.getPlatform().quoteIdentifier('precision');
  const now = transaction.dialect.instant(Date.now());
  await transaction.query(
    `insert into sensor_types (id, code, name, unit, valid_min, valid_max, ${precision}, thresholds, created_at, updated_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      newId(),
      type.code,
      type.name,
      type.unit,
      type.validMin,
      type.validMax,
      type.precision,
      type.thresholds ? JSON.stringify(type.thresholds) : null,
      now,
      now,
    ],
  );
}
