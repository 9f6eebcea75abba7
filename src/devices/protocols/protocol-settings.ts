import { z } from 'zod';
import { metadataSchema } from '../../common/validation/text.schemas.js';

/** One line without control characters. */
const lineSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters');
const portSchema = z.int().min(1).max(65_535);
const payloadsSchema = z
  .array(z.enum(['reading_set', 'senml']))
  .max(2)
  .optional()
  .describe('Forms of payload');

const mqttSettings = z.strictObject({
  versions: z
    .array(z.enum(['3.1.1', '5']))
    .max(2)
    .optional(),
  topic: lineSchema.optional().describe('`{deviceId}` stands for the id of the device'),
  qos: z.int().min(0).max(2).optional(),
  tls: z.boolean().optional(),
  payloads: payloadsSchema,
});
const httpSettings = z.strictObject({
  method: z.enum(['POST', 'PUT']).optional(),
  path: lineSchema.optional(),
  tls: z.boolean().optional(),
  payloads: payloadsSchema,
});
const coapSettings = z.strictObject({
  path: lineSchema.optional(),
  port: portSchema.optional(),
  confirmable: z.boolean().optional(),
  dtls: z.boolean().optional(),
  payloads: payloadsSchema,
});
const lorawanSettings = z.strictObject({
  region: z
    .enum(['EU868', 'EU433', 'US915', 'AU915', 'AS923', 'CN470', 'IN865', 'KR920', 'RU864'])
    .optional()
    .describe('Channel plan'),
  deviceClass: z.enum(['A', 'B', 'C']).optional(),
  activation: z.enum(['OTAA', 'ABP']).optional(),
  fPort: z.int().min(1).max(223).optional(),
});
const modbusSettings = z.strictObject({
  variant: z.enum(['tcp', 'rtu']).optional(),
  unitId: z.int().min(0).max(247).optional(),
  port: portSchema.optional().describe('Of Modbus TCP'),
  baudRate: z.int().min(300).max(4_000_000).optional().describe('Of Modbus RTU'),
  parity: z.enum(['none', 'even', 'odd']).optional().describe('Of Modbus RTU'),
  stopBits: z.int().min(1).max(2).optional().describe('Of Modbus RTU'),
});

/** What there is to say about a protocol, by its transport; none of it is a secret, since everybody sees it. */
export const PROTOCOL_SETTINGS = {
  mqtt: mqttSettings,
  http: httpSettings,
  coap: coapSettings,
  lorawan: lorawanSettings,
  modbus: modbusSettings,
  other: metadataSchema,
} as const;
