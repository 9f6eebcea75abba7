import { ConflictError, NotFoundError, ValidationError } from '../../../common/errors/errors.js';

/** Members of one group, and so commands of one call. */
export const MAX_MEMBERS = 1_000;
/** Groups of one municipality. */
export const MAX_GROUPS = 1_000;

/** No such group, or one of another municipality. */
export const groupNotFound = (id: string): NotFoundError =>
  new NotFoundError('DEVICE_GROUP_NOT_FOUND', `There is no device group "${id}".`);

/** Groups of a municipality are told apart by their names. */
export const groupExists = (cause: unknown): ConflictError =>
  new ConflictError('DEVICE_GROUP_EXISTS', 'The municipality has a device group of this name.', { cause });

/** More than one call sends. */
export const groupFull = (): ConflictError =>
  new ConflictError('DEVICE_GROUP_FULL', `A device group has at most ${MAX_MEMBERS} members: make another one.`);

/** More than anybody keeps an eye on. */
export const tooManyGroups = (): ConflictError =>
  new ConflictError('TOO_MANY_DEVICE_GROUPS', `There are ${MAX_GROUPS} device groups already: delete one first.`);

/** The device is not in the group, or is not seen at all. */
export const memberNotFound = (deviceId: string): NotFoundError =>
  new NotFoundError('DEVICE_GROUP_MEMBER_NOT_FOUND', `The group has no member "${deviceId}".`);

/** There is nobody to be told. */
export const groupEmpty = (): ConflictError =>
  new ConflictError('DEVICE_GROUP_EMPTY', 'The group has no active member.');

/** No such call, or one to another group. */
export const batchNotFound = (id: string): NotFoundError =>
  new NotFoundError('COMMAND_BATCH_NOT_FOUND', `There is no group command "${id}".`);

/** Whoever works in several municipalities has to say for which one a group is. */
export const groupMunicipalityRequired = (): ValidationError => {
  const message = 'Name the municipality that the group is for.';
  return new ValidationError([{ path: 'municipalityId', code: 'MUNICIPALITY_REQUIRED', message }]);
};

/** Members that the municipality of the group does not have, by their places in the list. */
export const unknownMembers = (places: readonly number[]): ValidationError => {
  const message = 'is no device of the municipality of the group';
  return new ValidationError(places.map((i) => ({ path: `deviceIds.${i}`, code: 'UNKNOWN_DEVICE', message })));
};
