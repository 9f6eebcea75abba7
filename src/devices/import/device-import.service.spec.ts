import { describe, expect, it } from 'vitest';
import { ErrorTranslation } from '../../common/errors/error-translation.js';
import { ConflictError, UnavailableError } from '../../common/errors/errors.js';
import type { DeviceRegistrationService } from '../device-registration.service.js';
import { DeviceImportService } from './device-import.service.js';
import type { ImportPreflight } from './import-preflight.js';
import { importRowSchema } from './import.schemas.js';

const FILE = Buffer.from('device_id,name\nwell-1,One\n');

/** The answer to a line whose registration ends with this error. */
async function lineAfter(error: Error, atomic = false) {
  const fail = () => Promise.reject(error);
  const preflight = {
    check: (rows: { input: object }[]) => Promise.resolve(rows.map((row) => ({ row, input: row.input, errors: [] }))),
  } as unknown as ImportPreflight;
  const registration = { register: fail, prepare: fail } as unknown as DeviceRegistrationService;
  const service = new DeviceImportService(preflight, registration, null!, new ErrorTranslation());
  const { rows } = await service.import(FILE, { atomic, dryRun: false });
  return importRowSchema.parse(rows[0]);
}

describe('a line of an import that failed', () => {
  it.each([false, true])(
    'is to be sent again when the server was busy or its database away (atomic: %s)',
    async (atomic) => {
      const away = new UnavailableError('DATABASE_UNAVAILABLE', 'The database is away.');
      expect(await lineAfter(away, atomic)).toMatchObject({ status: 'error', retryable: true });
    },
  );

  it('is not, when something is wrong with it', async () => {
    const line = await lineAfter(new ConflictError('CODE_TAKEN', 'The code is taken.'));
    expect(line).toMatchObject({ status: 'error', code: 'CODE_TAKEN' });
    expect(line).not.toHaveProperty('retryable');
  });
});
