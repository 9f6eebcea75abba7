import { z } from 'zod';
import { NotFoundError } from '../../common/errors/errors.js';
import { pageQuerySchema } from '../../common/pagination/page.js';
import { instantOutSchema, uuidSchema } from '../../common/validation/schemas.js';
import { nameSchema } from '../../common/validation/text.schemas.js';
import { versionOutSchema, versionSchema } from '../../common/versioning/version.js';
import { UPLINK_KINDS, type UplinkSource } from './uplink-source.entity.js';

/** Body of `POST /uplink-sources`. */
export const createUplinkSourceSchema = z
  .strictObject({
    kind: z.enum(UPLINK_KINDS).describe('ChirpStack v4 or The Things Stack v3'),
    name: nameSchema,
    municipalityId: uuidSchema.optional().describe('The own municipality unless given; a super admin names one'),
  })
  .meta({ example: { kind: 'chirpstack', name: 'ChirpStack of the river authority' } });
export type CreateUplinkSource = z.infer<typeof createUplinkSourceSchema>;

/** Body of `PATCH /uplink-sources/{id}`. */
export const patchUplinkSourceSchema = z
  .strictObject({
    name: nameSchema.optional(),
    enabled: z.boolean().optional().describe('false: nothing is taken from it, from the next request on'),
    version: versionSchema,
  })
  .meta({ example: { enabled: false, version: 1 } });
export type PatchUplinkSource = z.infer<typeof patchUplinkSourceSchema>;

/** Query of `GET /uplink-sources`. */
export const listUplinkSourcesSchema = pageQuerySchema.extend({ municipalityId: uuidSchema.optional() });
export type ListUplinkSources = z.infer<typeof listUplinkSourcesSchema>;

/** An uplink source in an answer; its token is not part of it. */
export const uplinkSourceSchema = z
  .object({
    id: z.string(),
    municipalityId: z.string(),
    kind: z.enum(UPLINK_KINDS),
    name: z.string(),
    enabled: z.boolean(),
    path: z.string().describe('Where the network server posts to'),
    lastUsedAt: instantOutSchema.nullable().describe('To the minute'),
    version: versionOutSchema,
    createdAt: instantOutSchema,
    updatedAt: instantOutSchema,
  })
  .meta({ id: 'UplinkSource' });
export type UplinkSourceResponse = z.infer<typeof uplinkSourceSchema>;

/** A source with its token, which is shown this once. */
export const uplinkSourceWithTokenSchema = uplinkSourceSchema.extend({
  token: z.string().describe('For `Authorization: Bearer …`; shown once and never again'),
});
export type UplinkSourceWithToken = z.infer<typeof uplinkSourceWithTokenSchema>;

/** An uplink source as callers see it. */
export function toUplinkSourceResponse(source: UplinkSource): UplinkSourceResponse {
  const { id, municipalityId, kind, name, enabled, lastUsedAt, version, createdAt, updatedAt } = source;
  return {
    ...{ id, municipalityId, kind, name, enabled, path: `/api/v1/uplinks/${kind}` },
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

export const uplinkSourceNotFound = (): NotFoundError =>
  new NotFoundError('UPLINK_SOURCE_NOT_FOUND', 'There is no such uplink source.');

/** Real answers, for the API documentation. */
export const UPLINK_SOURCE_EXAMPLE: UplinkSourceResponse = {
  id: '0199c1a4-8b20-7d52-8b1e-2e9a4c6d8f10',
  municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  kind: 'chirpstack',
  name: 'ChirpStack of the river authority',
  enabled: true,
  path: '/api/v1/uplinks/chirpstack',
  lastUsedAt: '2026-03-01T12:00:00.000Z',
  version: 1,
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
};
export const UPLINK_TOKEN_EXAMPLE: UplinkSourceWithToken = {
  ...UPLINK_SOURCE_EXAMPLE,
  lastUsedAt: null,
  token: 'hul_7d2e9c4b1a6f8e3d5c0b.A1eG3iUyQ0v1Jk8mT3sX5wZ7cR9dF2hL4nP6qB8tV0x',
};
