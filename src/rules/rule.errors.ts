import { ForbiddenError, NotFoundError, ValidationError } from '../common/errors/errors.js';

/** No such rule, or one of another tenant. */
export const ruleNotFound = (id: string): NotFoundError =>
  new NotFoundError('ALERT_RULE_NOT_FOUND', `There is no alert rule "${id}".`);

/** Rules of the whole country belong to the super admin. */
export const nationalRuleForbidden = (): ForbiddenError =>
  new ForbiddenError('NATIONAL_RULE', 'Only a super admin keeps rules of the whole country.');

/** The scope names a sensor that does not exist, or not where the rule belongs. */
export const unknownSensor = (): ValidationError =>
  new ValidationError([
    {
      path: 'scope.sensorId',
      code: 'UNKNOWN_SENSOR',
      message: 'There is no such sensor in the municipality of the rule.',
    },
  ]);

/** The scope names another municipality than that of the rule, or one that does not exist. */
export const unknownMunicipality = (path: string): ValidationError =>
  new ValidationError([
    {
      path,
      code: 'UNKNOWN_MUNICIPALITY',
      message: 'There is no such municipality, or the rule belongs to another one.',
    },
  ]);
