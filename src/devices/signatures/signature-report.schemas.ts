import { z } from 'zod';
import { pageQuerySchema } from '../../common/pagination/page.js';
import { instantOutSchema } from '../../common/validation/schemas.js';
import { REFUSAL_CODES } from './device-refusal.entity.js';

/** What the signatures of a device tell about its clock. */
export const deviceClockSchema = z.object({
  deviceId: z.string(),
  skewMs: z
    .int()
    .nullable()
    .describe(
      'Time of the latest right signature minus its arrival: above 0 the clock is ahead; below, it is behind, or the message was under way for that long. Null: the device never signed',
    ),
  measuredAt: instantOutSchema.nullable(),
  accepted: z.object({
    httpMs: z.tuple([z.int(), z.int()]).describe('Range that signed requests are taken in'),
    mqttMs: z.tuple([z.int(), z.int()]).describe('Range that signed messages are taken in'),
  }),
});
export type DeviceClockResponse = z.infer<typeof deviceClockSchema>;

/** Query of `GET /devices/{deviceId}/refusals`. */
export const listRefusalsSchema = pageQuerySchema;
export type ListRefusals = z.infer<typeof listRefusalsSchema>;

/** How many messages of a device were refused for their signature on a day. */
export const refusalSchema = z.object({
  day: z.iso.date().describe('UTC'),
  code: z.enum(REFUSAL_CODES),
  count: z.int(),
});
export type RefusalResponse = z.infer<typeof refusalSchema>;

/** Real answers, for the API documentation. */
export const CLOCK_EXAMPLE: DeviceClockResponse = {
  deviceId: 'river-gauge-017',
  skewMs: -1_240,
  measuredAt: '2026-03-01T12:00:00.000Z',
  accepted: { httpMs: [-300_000, 300_000], mqttMs: [-604_800_000, 900_000] },
};
export const REFUSAL_EXAMPLES: RefusalResponse[] = [
  { day: '2026-03-01', code: 'SIGNATURE_EXPIRED', count: 96 },
  { day: '2026-02-28', code: 'SIGNATURE_INVALID', count: 3 },
];
