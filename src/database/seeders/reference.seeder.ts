import { newId } from '../../common/ids.js';
import type { RegistryVersion } from '../registry-version.js';
import { placeholders } from '../sql.js';
import type { Transaction, Transactions } from '../transaction.js';
import { SENSOR_TYPES, type SeededSensorType } from './sensor-types.js';

/** Puts in what every installation starts with. What is there already stays as administrators made it. */
export class ReferenceSeeder {
  constructor(
    private readonly transactions: Transactions,
    private readonly registry: RegistryVersion,
  ) {}

  /** @returns codes of the sensor types that were missing */
  run(): Promise<string[]> {
    return this.transactions.run(async (transaction) => {
      const codes = SENSOR_TYPES.map((type) => type.code);
      const { rows } = await transaction.query<{ code: string }>(
        `select code from sensor_types where code in ${placeholders(codes.length)}`,
        codes,
      );
      const present = new Set(rows.map((row) => row.code));
      const missing = SENSOR_TYPES.filter((type) => !present.has(type.code));
      for (const type of missing) await insert(transaction, type);
      if (missing.length > 0) await this.registry.bump(transaction);
      return missing.map((type) => type.code);
    });
  }
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
