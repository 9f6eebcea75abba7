import { z } from 'zod';
import { instantOutSchema } from '../common/validation/schemas.js';

const serviceSchema = z.object({
  status: z.enum(['up', 'down', 'degraded']),
  latencyMs: z.number().describe('How long the service took to answer'),
  error: z.string().optional().describe('Why it is not up'),
});

/** `GET /monitoring/system-connectivity`: every service that the answering process needs. */
export const connectivitySchema = z.record(z.string(), serviceSchema);

/** `GET /monitoring/system-status`: the answering process and what it depends on. */
export const systemStatusSchema = z.object({
  status: z.enum(['up', 'down', 'degraded']),
  environment: z.string(),
  roles: z.array(z.string()),
  startedAt: instantOutSchema,
  uptimeSeconds: z.number(),
  memoryMegabytes: z.number().describe('Resident memory of the process'),
  services: connectivitySchema,
});

const connectionSchema = z.object({
  status: z.enum(['closed', 'connecting', 'connected', 'degraded', 'offline', 'reconnecting']),
  since: instantOutSchema,
  attempts: z.int().describe('Attempts to connect since the connection was lost'),
  lastError: z.string().nullable(),
  protocolVersion: z.enum(['3.1.1', '5']).nullable(),
});

/** `GET /monitoring/mqtt/status`: the connections of the answering process to the broker. */
export const mqttStatusSchema = z.object({
  enabled: z.boolean().describe('Whether this process takes readings from the broker'),
  subscriber: connectionSchema.extend({ subscribed: z.boolean(), sessionPresent: z.boolean() }),
  publisher: connectionSchema,
  control: connectionSchema.describe('Manages the dynamic security of the broker; closed where we do not'),
  rights: z
    .object({
      inStep: z.boolean(),
      pending: z.int().describe('Changes that the broker has not confirmed'),
      reconciledAt: instantOutSchema.nullable().describe('End of the last comparison of everything'),
      differences: z.int().describe('What it found different, and repaired'),
      unknownPasswords: z.int().describe('Devices that need a new MQTT credential to be known to the broker'),
    })
    .nullable()
    .describe('How the rights of devices at the broker stand, over all processes; null without MQTT_DYNAMIC_SECURITY'),
  counters: z.record(z.string(), z.union([z.number(), z.boolean()])).describe('Since the start of the process'),
});

export type Connectivity = z.infer<typeof connectivitySchema>;
export type SystemStatus = z.infer<typeof systemStatusSchema>;
export type MqttStatus = z.infer<typeof mqttStatusSchema>;
