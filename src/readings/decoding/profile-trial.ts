import { z } from 'zod';
import { profileDefinitionSchema } from '../../devices/profiles/profile-definition.js';
import type { CompiledProfile } from '../../devices/profiles/compiled-profile.js';
import { instantOutSchema, instantSchema } from '../../common/validation/schemas.js';
import type { ReadMessage } from '../payload-reader.js';
import { QUALITIES, QUALITY_NUMBER } from '../quality.js';
import { REJECT_CODES } from '../reject-code.js';
import { decodeJson, decodePayload } from './decode.js';
import { decodeUplink } from './uplink-decoder.js';

/** Characters of a sample of bytes: 4 KiB in hexadecimal. */
const MAX_SAMPLE_LENGTH = 8_192;
const BYTES_PROFILE_EUI = '0000000000000000';

const sampleFields = {
  payload: z
    .unknown()
    .refine((payload) => payload !== undefined, 'is missing')
    .describe('A message as the device sends it: JSON, or text that holds bytes'),
  encoding: z
    .enum(['json', 'base64', 'hex'])
    .default('json')
    .describe('How to take the payload: as it is, or as the bytes in this text'),
  fPort: z.int().min(0).max(255).optional().describe('LoRaWAN port of a sample of bytes'),
  receivedAt: instantSchema.optional().describe('When it arrived; now unless given'),
};

const bytesAreText = ({ payload, encoding }: { payload?: unknown; encoding: string }): boolean =>
  encoding === 'json' ||
  (typeof payload === 'string' && payload.length <= MAX_SAMPLE_LENGTH && isText(payload, encoding));
const NO_TEXT = { path: ['payload'], error: 'must be text in the stated encoding, of 4 KiB at most' };

/** Whether a text is base64 or hexadecimal throughout: what is not would be cut silently. */
function isText(payload: string, encoding: string): boolean {
  return encoding === 'hex' ? /^([0-9A-Fa-f]{2})+$/.test(payload) : /^[A-Za-z0-9+/_-]+={0,2}$/.test(payload);
}

/** Body of `POST /device-profiles/{id}/test`. */
export const sampleSchema = z
  .strictObject(sampleFields)
  .refine(bytesAreText, NO_TEXT)
  .meta({
    example: {
      payload: { samples: [{ t: 1_772_345_700, lvl: 2.455, gate: 'open' }], bat_mv: 4_600 },
      receivedAt: '2026-03-01T06:20:00.000Z',
    },
  });
export type Sample = z.infer<typeof sampleSchema>;

/** Body of `POST /device-profiles/test`. */
export const trialSchema = z
  .strictObject({ definition: profileDefinitionSchema, ...sampleFields })
  .refine(bytesAreText, NO_TEXT)
  .meta({
    example: {
      definition: { format: 'json', values: [{ path: '$.lvl', code: 'water_level_cm', factor: 100 }] },
      payload: { lvl: 2.455 },
      receivedAt: '2026-03-01T06:20:00.000Z',
    },
  });
export type Trial = z.infer<typeof trialSchema>;

/** What a profile makes of a sample. */
export const trialResultSchema = z
  .object({
    sets: z.array(
      z.object({
        index: z.int(),
        instant: instantOutSchema,
        quality: z.enum(QUALITIES),
        seq: z.int().nullable(),
        unit: z.string().nullable().describe('Unit that the message states (SenML)'),
        values: z.record(z.string(), z.unknown()).describe('Metric → value; a device stores those it has sensors for'),
      }),
    ),
    rejected: z.array(
      z.object({
        index: z.int().nullable(),
        metric: z.string().nullable(),
        instant: instantOutSchema.nullable(),
        code: z.enum(REJECT_CODES),
        reason: z.string(),
      }),
    ),
  })
  .meta({ id: 'ProfileTrial' });
export type TrialResult = z.infer<typeof trialResultSchema>;

/** Reads a sample as a message of a device with sensors of every name, and stores nothing. */
export function tryProfile(profile: CompiledProfile, sample: Sample, nowMs: number): TrialResult {
  return toTrialResult(readSample(profile, sample, sample.receivedAt?.getTime() ?? nowMs));
}

function readSample(profile: CompiledProfile, { payload, encoding, fPort }: Sample, receivedAt: number): ReadMessage {
  if (encoding === 'json') return decodeJson(payload, receivedAt, { profile });
  const bytes = Buffer.from(payload as string, encoding);
  if (fPort === undefined && profile.format !== 'chirpstack' && profile.format !== 'tts') {
    return decodePayload(bytes, receivedAt, { profile });
  }
  const nothing = { time: undefined, fCnt: undefined, decoded: undefined, normalized: undefined };
  const uplink = {
    ...nothing,
    devEui: BYTES_PROFILE_EUI,
    fPort: fPort ?? 1,
    bytes,
    rssi: undefined,
    battery: undefined,
  };
  return decodeUplink(uplink, profile, { receivedAt, knows: () => true });
}

function toTrialResult({ sets, rejections }: ReadMessage): TrialResult {
  const qualityOf = (stored: number) => QUALITIES.find((word) => QUALITY_NUMBER[word] === stored)!;
  return {
    sets: sets.map(({ index, instant, quality, seq, unit, values }) => ({
      index,
      instant: new Date(instant).toISOString(),
      quality: qualityOf(quality),
      seq: seq ?? null,
      unit: unit ?? null,
      values,
    })),
    rejected: rejections.map(({ index, metric, instant, code, reason }) => ({
      ...{ index, metric, code, reason },
      instant: instant === null ? null : new Date(instant).toISOString(),
    })),
  };
}

/** Real answers, for the API documentation. */
export const TRIAL_EXAMPLE: TrialResult = {
  sets: [
    {
      index: 0,
      instant: '2026-03-01T06:15:00.000Z',
      quality: 'good',
      seq: null,
      unit: null,
      values: { water_level_cm: 245.5, valve_position_pct: 100, battery_level: 80 },
    },
  ],
  rejected: [],
};
