import { z } from 'zod';
import { ConflictError } from '../../common/errors/errors.js';
import type { SqlDialect } from '../../database/dialects/sql-dialect.js';

/** DevEUI of a LoRaWAN device: 16 hexadecimal digits, kept in lower case. */
export const devEuiSchema = z
  .string()
  .regex(/^[0-9A-Fa-f]{16}$/, 'must be 16 hexadecimal digits')
  .toLowerCase()
  .describe('DevEUI of a LoRaWAN device, by which its network server names it');

/** The name of the constraint that keeps it unique within a municipality. */
const UNIQUE_KEY = 'devices_municipality_id_dev_eui_unique';

/** What to throw for an error of a write: a better one when another device of the municipality has the DevEUI. */
export function devEuiTaken(dialect: SqlDialect, error: unknown): unknown {
  if (dialect.violatedKey(error) !== UNIQUE_KEY) return error;
  return new ConflictError('DEV_EUI_TAKEN', 'Another device of the municipality has this DevEUI.', { cause: error });
}
