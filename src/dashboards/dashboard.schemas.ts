import { z } from 'zod';
import { pageQuerySchema } from '../common/pagination/page.js';
import { instantOutSchema, uuidSchema } from '../common/validation/schemas.js';
import { nameSchema, searchSchema } from '../common/validation/text.schemas.js';
import { versionOutSchema, versionSchema } from '../common/versioning/version.js';
import { LAYOUT_EXAMPLE } from './layout.examples.js';
import { layoutSchema } from './layout.schemas.js';

const sharedSchema = z
  .boolean()
  .describe('true: everybody of the municipality who sees dashboards sees it; false: nobody but its owner');

/** Body of `POST /dashboards`. */
export const createDashboardSchema = z
  .strictObject({
    municipalityId: uuidSchema.optional().describe('The own municipality; to be named by whoever has several'),
    name: nameSchema,
    shared: sharedSchema.default(false),
    layout: layoutSchema,
  })
  .meta({ example: { name: 'Flood watch', shared: true, layout: LAYOUT_EXAMPLE } });
export type CreateDashboard = z.infer<typeof createDashboardSchema>;

/** Body of `PATCH /dashboards/{id}`; a layout is replaced as a whole. */
export const patchDashboardSchema = z
  .strictObject({
    name: nameSchema.optional(),
    shared: sharedSchema.optional(),
    layout: layoutSchema.optional(),
    version: versionSchema,
  })
  .meta({ example: { name: 'Flood watch at night', version: 1 } });
export type PatchDashboard = z.infer<typeof patchDashboardSchema>;

/** Query of `GET /dashboards`. */
export const listDashboardsSchema = pageQuerySchema.extend({
  municipalityId: uuidSchema.optional(),
  shared: z.stringbool().optional().describe('true: shared ones only; false: own personal ones only'),
  search: searchSchema.optional(),
});
export type ListDashboards = z.infer<typeof listDashboardsSchema>;

/** A dashboard of a list, without its layout. */
export const dashboardListItemSchema = z.object({
  id: z.string(),
  municipalityId: z.string(),
  name: z.string(),
  shared: z.boolean(),
  ownerId: z.string().nullable().describe('null: shared'),
  version: versionOutSchema,
  createdAt: instantOutSchema,
  updatedAt: instantOutSchema,
});
export type DashboardListItem = z.infer<typeof dashboardListItemSchema>;

/** A dashboard in an answer. */
export const dashboardSchema = dashboardListItemSchema.extend({ layout: layoutSchema }).meta({ id: 'Dashboard' });
export type DashboardResponse = z.infer<typeof dashboardSchema>;
