import { ConflictError, NotFoundError, ValidationError } from '../../common/errors/errors.js';

/** No such sensor, or one of another tenant. */
export const sensorNotFound = (id: string): NotFoundError =>
  new NotFoundError('SENSOR_NOT_FOUND', `There is no sensor "${id}".`);

/** The device has a sensor with this payload key. */
export const sensorExists = (code: string, cause: unknown): ConflictError =>
  new ConflictError('SENSOR_ALREADY_EXISTS', `The device has a sensor "${code}" already.`, { cause });

export const sensorTypeNotFound = (code: string): NotFoundError =>
  new NotFoundError('SENSOR_TYPE_NOT_FOUND', `There is no sensor type "${code}".`);

export const sensorTypeExists = (code: string, cause: unknown): ConflictError =>
  new ConflictError('SENSOR_TYPE_ALREADY_EXISTS', `The sensor type "${code}" exists already.`, { cause });

/** Sensors keep pointing to their type, and rules to its code. */
export const sensorTypeInUse = (code: string, by: string): ConflictError =>
  new ConflictError('SENSOR_TYPE_IN_USE', `The sensor type "${code}" is used by ${by}.`);

/** The input names sensor types that do not exist; `paths` says where. */
export const unknownSensorTypes = (unknown: readonly { path: string; code: string }[]): ValidationError =>
  new ValidationError(
    unknown.map(({ path, code }) => ({
      path,
      code: 'UNKNOWN_SENSOR_TYPE',
      message: `There is no sensor type "${code}".`,
    })),
  );
