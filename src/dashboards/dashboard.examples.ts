import type { DashboardListItem, DashboardResponse } from './dashboard.schemas.js';
import { LAYOUT_EXAMPLE } from './layout.examples.js';

/** Real answers, for the API documentation. */
export const DASHBOARD_LIST_EXAMPLE: DashboardListItem = {
  id: '0199c1a7-2b4d-7e61-9c3f-8a5b7d9e1f20',
  municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  name: 'Flood watch',
  shared: true,
  ownerId: null,
  version: 1,
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
};

export const DASHBOARD_EXAMPLE: DashboardResponse = { ...DASHBOARD_LIST_EXAMPLE, layout: LAYOUT_EXAMPLE };
