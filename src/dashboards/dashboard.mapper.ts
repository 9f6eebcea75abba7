import type { Dashboard } from './dashboard.entity.js';
import type { DashboardListItem, DashboardResponse } from './dashboard.schemas.js';

/** What a list needs of a dashboard; layouts are large, so lists do not load them. */
export type ListedDashboard = Pick<
  Dashboard,
  'id' | 'municipalityId' | 'ownerId' | 'name' | 'version' | 'createdAt' | 'updatedAt'
>;

/** A dashboard of a list, without its layout. */
export function toDashboardListItem(dashboard: ListedDashboard): DashboardListItem {
  const ownerId = dashboard.ownerId ?? null;
  return {
    id: dashboard.id,
    municipalityId: dashboard.municipalityId,
    name: dashboard.name,
    shared: ownerId === null,
    ownerId,
    version: dashboard.version,
    createdAt: dashboard.createdAt.toISOString(),
    updatedAt: dashboard.updatedAt.toISOString(),
  };
}

/** A dashboard as those see it who may. */
export function toDashboardResponse(dashboard: Dashboard): DashboardResponse {
  return { ...toDashboardListItem(dashboard), layout: dashboard.layout };
}
