import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../common/errors/errors.js';

/** No such person, or nobody of the caller's municipalities. */
export const userNotFound = (): NotFoundError => new NotFoundError('USER_NOT_FOUND', 'There is no such user.');

export const municipalityNotFound = (): NotFoundError =>
  new NotFoundError('MUNICIPALITY_NOT_FOUND', 'There is no such municipality.');

export const roleNotFound = (): NotFoundError => new NotFoundError('ROLE_NOT_FOUND', 'There is no such role.');

export const membershipNotFound = (): NotFoundError =>
  new NotFoundError('MEMBERSHIP_NOT_FOUND', 'The user does not belong to this municipality.');

export const emailTaken = (cause: unknown): ConflictError =>
  new ConflictError(
    'EMAIL_TAKEN',
    'There is an account with this e-mail address. A super admin can add it to your municipality.',
    { cause },
  );

/** Without a super admin nobody could ever make one again. */
export const lastSuperAdmin = (): ConflictError =>
  new ConflictError('LAST_SUPER_ADMIN', 'This is the last super admin who can sign in.');

/** Accounts that did something stay, so that the audit log can name them. */
export const userHasHistory = (): ConflictError =>
  new ConflictError('USER_HAS_HISTORY', 'Somebody signed in with this account. Disable it instead of deleting it.');

export const notInvited = (): ConflictError =>
  new ConflictError('USER_NOT_INVITED', 'The invitation was taken up already.');

/** Somebody else has to do it, who is still there afterwards. */
export const ownAccount = (): ConflictError =>
  new ConflictError('OWN_ACCOUNT', 'Nobody disables their own account. Ask another administrator.');

export const noSecondFactor = (): ConflictError =>
  new ConflictError('SECOND_FACTOR_NOT_ENROLLED', 'The user has no second factor.');

/** The person also belongs to municipalities that are none of the caller's. */
export const belongsElsewhere = (): ForbiddenError =>
  new ForbiddenError(
    'USER_BELONGS_ELSEWHERE',
    'The user also belongs to municipalities that you do not administer. Change the membership instead.',
  );

export const needsMembership = (path: string, message: string): ValidationError =>
  new ValidationError([{ path, code: 'MEMBERSHIP_REQUIRED', message }]);

export const unknownRole = (path: string, role: string): ValidationError =>
  new ValidationError([{ path, code: 'UNKNOWN_ROLE', message: `The municipality has no role "${role}".` }]);

export const roleExists = (code: string, cause?: unknown): ConflictError =>
  new ConflictError('ROLE_ALREADY_EXISTS', `There is a role "${code}" already.`, { cause });

export const roleInUse = (): ConflictError =>
  new ConflictError('ROLE_IN_USE', 'People have this role. Give them another one first.');

export const builtInRole = (): ForbiddenError =>
  new ForbiddenError('BUILT_IN_ROLE', 'Built-in roles belong to the release and cannot be changed.');

export const nationalPermissions = (codes: readonly string[]): ValidationError =>
  new ValidationError([
    {
      path: 'permissions',
      code: 'NATIONAL_PERMISSION',
      message: `Only a super admin can have these: ${codes.join(', ')}.`,
    },
  ]);
