import { z } from 'zod';
import { pageQuerySchema } from '../../common/pagination/page.js';
import { instantOutSchema, metricCodeSchema } from '../../common/validation/schemas.js';
import { nameSchema, searchSchema } from '../../common/validation/text.schemas.js';
import { versionOutSchema, versionSchema } from '../../common/versioning/version.js';
import { PROTOCOL_SETTINGS } from './protocol-settings.js';
import { TRANSPORTS } from './protocol.entity.js';

/** Code of a protocol, in snake_case; devices name it. */
export const protocolCodeSchema = metricCodeSchema.describe('Code of a protocol');

const descriptionSchema = z
  .string()
  .trim()
  .max(500)
  .refine((text) => text.isWellFormed() && !/[^\P{Cc}\n\t]/u.test(text), 'must not hold control characters')
  .describe('What devices of this protocol need to know');
const enabledSchema = z.boolean().describe('false: no further device is given it');

const fields = {
  code: protocolCodeSchema.describe('Code of the protocol; cannot be changed later'),
  name: nameSchema,
  description: descriptionSchema.optional(),
  enabled: enabledSchema.optional(),
};

/** Body of `POST /protocols`. */
export const createProtocolSchema = z
  .discriminatedUnion('transport', [
    z.strictObject({ ...fields, transport: z.literal('mqtt'), settings: PROTOCOL_SETTINGS.mqtt.default({}) }),
    z.strictObject({ ...fields, transport: z.literal('http'), settings: PROTOCOL_SETTINGS.http.default({}) }),
    z.strictObject({ ...fields, transport: z.literal('coap'), settings: PROTOCOL_SETTINGS.coap.default({}) }),
    z.strictObject({ ...fields, transport: z.literal('lorawan'), settings: PROTOCOL_SETTINGS.lorawan.default({}) }),
    z.strictObject({ ...fields, transport: z.literal('modbus'), settings: PROTOCOL_SETTINGS.modbus.default({}) }),
    z.strictObject({ ...fields, transport: z.literal('other'), settings: PROTOCOL_SETTINGS.other.default({}) }),
  ])
  .meta({
    example: {
      code: 'lorawan_eu868',
      name: 'LoRaWAN (EU868)',
      description: 'Through the network server of the regional utility',
      transport: 'lorawan',
      settings: { region: 'EU868', deviceClass: 'A', activation: 'OTAA', fPort: 2 },
    },
  });
export type CreateProtocol = z.infer<typeof createProtocolSchema>;

/** Body of `PATCH /protocols/{key}`; settings are replaced as a whole and checked against the transport. */
export const patchProtocolSchema = z
  .strictObject({
    name: nameSchema.optional(),
    description: descriptionSchema.optional(),
    transport: z.enum(TRANSPORTS).optional().describe('Give the settings of the new transport with it'),
    settings: PROTOCOL_SETTINGS.other.optional().describe('All settings; those of the transport, as in POST'),
    enabled: enabledSchema.optional(),
    version: versionSchema,
  })
  .meta({ example: { settings: { region: 'EU868', deviceClass: 'C', activation: 'OTAA' }, version: 1 } });
export type PatchProtocol = z.infer<typeof patchProtocolSchema>;

/** Query of `GET /protocols`. */
export const listProtocolsSchema = pageQuerySchema.extend({
  transport: z.enum(TRANSPORTS).optional(),
  enabled: z.stringbool().optional(),
  search: searchSchema.optional(),
});
export type ListProtocols = z.infer<typeof listProtocolsSchema>;

/** A protocol in an answer. */
export const protocolSchema = z
  .object({
    id: z.string(),
    code: z.string(),
    name: z.string(),
    description: z.string(),
    transport: z.enum(TRANSPORTS),
    settings: z.record(z.string(), z.unknown()),
    enabled: z.boolean(),
    version: versionOutSchema,
    createdAt: instantOutSchema,
    updatedAt: instantOutSchema,
  })
  .meta({ id: 'Protocol' });
export type ProtocolResponse = z.infer<typeof protocolSchema>;

/** A real answer, for the API documentation. */
export const PROTOCOL_EXAMPLE: ProtocolResponse = {
  id: '0199c1a4-6c3f-7d52-8b1e-2e9a4c6d8f10',
  code: 'lorawan_eu868',
  name: 'LoRaWAN (EU868)',
  description: 'Through the network server of the regional utility',
  transport: 'lorawan',
  settings: { region: 'EU868', deviceClass: 'A', activation: 'OTAA', fPort: 2 },
  enabled: true,
  version: 1,
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
};
