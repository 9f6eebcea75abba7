import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../common/errors/errors.js';

/** No such dashboard, one of another municipality, or somebody's personal one. */
export const dashboardNotFound = (id: string): NotFoundError =>
  new NotFoundError('DASHBOARD_NOT_FOUND', `There is no dashboard "${id}".`);

/** The caller sees the shared dashboards of the municipality, but does not keep them. */
export const sharedDashboardForbidden = (): ForbiddenError =>
  new ForbiddenError(
    'SHARED_DASHBOARD',
    'Shared dashboards need the permission dashboard:write in their municipality.',
  );

/** Whoever works in several municipalities has to say for which one a dashboard is. */
export const dashboardMunicipalityRequired = (): ValidationError => {
  const message = 'Name the municipality that the dashboard is for.';
  return new ValidationError([{ path: 'municipalityId', code: 'MUNICIPALITY_REQUIRED', message }]);
};

/** Nobody needs more; it keeps the table bounded. */
export const tooManyDashboards = (limit: number): ConflictError =>
  new ConflictError('TOO_MANY_DASHBOARDS', `There are ${limit} already: delete one first.`);
