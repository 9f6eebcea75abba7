import { z } from 'zod';
import { uuidSchema } from '../common/validation/schemas.js';
import { nameSchema } from '../common/validation/text.schemas.js';
import { SEVERITIES } from '../rules/severity.js';

/** Columns of the grid; it grows downwards. */
const COLUMNS = 24;
const MAX_ROWS = 500;
const MAX_WIDGETS = 64;
const MAX_SENSORS = 50;
const MAX_TEXT = 10_000;
/** UTF-8 bytes of a layout as JSON. */
const MAX_LAYOUT_BYTES = 64 * 1024;

const municipalityIdSchema = uuidSchema
  .optional()
  .describe('One municipality of a region; that of the dashboard unless given');
const sensorIdsSchema = z
  .array(uuidSchema)
  .max(MAX_SENSORS)
  .refine((ids) => new Set(ids).size === ids.length, 'names a sensor twice');
const rangeSchema = z
  .enum(['1h', '6h', '24h', '7d', '30d', '365d'])
  .describe('How far back from now; 24h unless given');
const textSchema = z
  .string()
  .max(MAX_TEXT)
  // NUL and half a surrogate pair are valid JSON strings that a database cannot store; lines may break.
  .refine((text) => text.isWellFormed() && !/[^\P{Cc}\n\t]/u.test(text), 'must not hold control characters');

const mapSettings = z.strictObject({
  municipalityId: municipalityIdSchema,
  centre: z
    .tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)])
    .optional()
    .describe('[east, north]'),
  zoom: z.number().min(0).max(24).optional(),
  layers: z
    .array(z.enum(['devices', 'alerts', 'risk']))
    .max(3)
    .optional(),
});
const alertsSettings = z.strictObject({
  municipalityId: municipalityIdSchema,
  severities: z.array(z.enum(SEVERITIES)).max(SEVERITIES.length).optional(),
  statuses: z
    .array(z.enum(['ACTIVE', 'ACKNOWLEDGED', 'RESOLVED']))
    .max(3)
    .optional(),
  sensorIds: sensorIdsSchema.optional(),
  limit: z.int().min(1).max(100).optional(),
});
const latestSettings = z.strictObject({
  municipalityId: municipalityIdSchema,
  sensorIds: sensorIdsSchema.min(1),
});
const trendSettings = z.strictObject({
  municipalityId: municipalityIdSchema,
  sensorIds: sensorIdsSchema.min(1),
  range: rangeSchema.optional(),
  resolution: z.enum(['raw', 'minute', 'hour', 'day', 'month']).optional(),
  showThresholds: z.boolean().optional(),
});
const devicesSettings = z.strictObject({
  municipalityId: municipalityIdSchema,
  health: z
    .array(z.enum(['online', 'late', 'offline', 'never_seen', 'maintenance', 'deactivated']))
    .max(6)
    .optional(),
});
const textSettings = z.strictObject({ text: textSchema });

/** What every widget has: a name of its own in the layout, its place on the grid, and a heading. */
const place = {
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1–64 letters, digits, "_" or "-"'),
  x: z
    .int()
    .min(0)
    .max(COLUMNS - 1)
    .describe('Columns from the left'),
  y: z.int().min(0).max(MAX_ROWS).describe('Rows from the top'),
  w: z.int().min(1).max(COLUMNS).describe('Width in columns'),
  h: z.int().min(1).max(MAX_ROWS).describe('Height in rows'),
  title: nameSchema.optional(),
};

const widgetSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...place, kind: z.literal('map'), settings: mapSettings.optional() }),
  z.strictObject({ ...place, kind: z.literal('alerts'), settings: alertsSettings.optional() }),
  z.strictObject({ ...place, kind: z.literal('latest'), settings: latestSettings }),
  z.strictObject({ ...place, kind: z.literal('trend'), settings: trendSettings }),
  z.strictObject({ ...place, kind: z.literal('devices'), settings: devicesSettings.optional() }),
  z.strictObject({ ...place, kind: z.literal('text'), settings: textSettings }),
]);

/** Widgets on a grid of 24 columns. They may overlap, as while somebody moves them. */
export const layoutSchema = z
  .strictObject({ widgets: z.array(widgetSchema).max(MAX_WIDGETS) })
  .superRefine(({ widgets }, context) => {
    const refuse = (path: (string | number)[], code: string, message: string): void =>
      context.addIssue({ code: 'custom', path, params: { code }, message });
    const ids = new Set<string>();
    widgets.forEach(({ id, x, w }, index) => {
      if (ids.has(id)) refuse(['widgets', index, 'id'], 'DUPLICATE_WIDGET', `"${id}" stands there twice`);
      ids.add(id);
      if (x + w > COLUMNS) refuse(['widgets', index, 'w'], 'OUTSIDE_GRID', `reaches beyond column ${COLUMNS}`);
    });
    if (Buffer.byteLength(JSON.stringify({ widgets })) > MAX_LAYOUT_BYTES) {
      refuse([], 'LAYOUT_TOO_LARGE', 'must not be larger than 64 KiB');
    }
  })
  .meta({
    id: 'DashboardLayout',
    description: `Up to ${MAX_WIDGETS} widgets on a grid of ${COLUMNS} columns; at most 64 KiB`,
  });

/** What a dashboard shows, and where. */
export type Layout = z.infer<typeof layoutSchema>;
