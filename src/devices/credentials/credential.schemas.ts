import { z } from 'zod';
import { pageQuerySchema } from '../../common/pagination/page.js';
import { deviceIdSchema, instantOutSchema } from '../../common/validation/schemas.js';
import { issuedCertificateSchema, MAX_PEM_LENGTH } from '../certificates/certificate.schemas.js';

/** The ways to authenticate that a device can be registered with. */
export const AUTH_METHODS = ['api_key', 'certificate', 'mqtt', 'hmac'] as const;

export const authMethodSchema = z.enum(AUTH_METHODS);
export type AuthMethod = z.infer<typeof authMethodSchema>;

/** Secrets of a device, shown once when they are made. */
export const issuedCredentialsSchema = z
  .object({
    apiKey: z.string().optional().describe('Send it as X-Api-Key beside X-Device-Id'),
    mqtt: z.object({ username: z.string(), password: z.string() }).optional(),
    hmac: z.object({ keyId: z.string(), secret: z.string().describe('Key of the HMAC-SHA256, as text') }).optional(),
    certificate: issuedCertificateSchema.optional(),
  })
  .describe('Shown once and never again');
export type IssuedCredentials = z.infer<typeof issuedCredentialsSchema>;

const MAX_OVERLAP_SECONDS = 30 * 24 * 3600;

/** Body of `POST /devices/{deviceId}/refresh-api-key`. */
export const refreshApiKeySchema = z
  .strictObject({
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(MAX_OVERLAP_SECONDS)
      .default(0)
      .describe('How long the keys before the new one go on working'),
  })
  .prefault({})
  .meta({ example: { overlapSeconds: 86_400 } });
export type RefreshApiKey = z.infer<typeof refreshApiKeySchema>;

/** Answer to it. */
export const rotatedApiKeySchema = z.object({
  deviceId: z.string(),
  apiKey: z.string().describe('Shown once and never again'),
  previousKeysValidUntil: instantOutSchema,
});
export type RotatedApiKeyResponse = z.infer<typeof rotatedApiKeySchema>;

/** Body of `POST /devices/{deviceId}/credentials`. */
export const addCredentialSchema = z
  .strictObject({
    kind: authMethodSchema,
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(MAX_OVERLAP_SECONDS)
      .optional()
      .describe(
        'How long those of this kind that live now go on working; 0 ends them now, absent: they stay as they are',
      ),
  })
  .meta({ example: { kind: 'hmac', overlapSeconds: 86_400 } });
export type AddCredential = z.infer<typeof addCredentialSchema>;

/** Query of `GET /devices/{deviceId}/credentials`. */
export const listCredentialsSchema = pageQuerySchema.extend({ kind: authMethodSchema.optional() });
export type ListCredentials = z.infer<typeof listCredentialsSchema>;

/** A credential as people see it: never its secret. */
export const credentialSchema = z.object({
  id: z.string(),
  kind: authMethodSchema,
  lookup: z.string().describe('Its public part: prefix of an API key, MQTT user name, HMAC key id, fingerprint'),
  status: z.enum(['live', 'ending', 'ended']).describe('`ending`: live, and its end is set'),
  createdAt: instantOutSchema,
  expiresAt: instantOutSchema.nullable(),
  revokedAt: instantOutSchema.nullable(),
  lastUsedAt: instantOutSchema.nullable().describe('To the minute; null: never, or only towards the broker itself'),
});
export type CredentialResponse = z.infer<typeof credentialSchema>;

/** Answer of `POST /devices/{deviceId}/credentials`. */
export const addedCredentialSchema = z.object({
  deviceId: z.string(),
  credential: credentialSchema,
  credentials: issuedCredentialsSchema,
  previousValidUntil: instantOutSchema.nullable().describe('Null: those before it stay as they are'),
});
export type AddedCredentialResponse = z.infer<typeof addedCredentialSchema>;

const MAX_SECRET_LENGTH = 512;
const secretSchema = z.string().min(1).max(MAX_SECRET_LENGTH);

/** Body of `POST /devices/authenticate`: an API key, an MQTT user, or a certificate. */
export const authenticateDeviceSchema = z
  .union(
    [
      z.strictObject({ deviceId: deviceIdSchema, apiKey: secretSchema }),
      z.strictObject({ deviceId: deviceIdSchema, username: secretSchema, password: secretSchema }),
      z.strictObject({ deviceId: deviceIdSchema, certificatePem: z.string().min(1).max(MAX_PEM_LENGTH) }),
    ],
    'needs deviceId, and apiKey, username and password, or certificatePem',
  )
  .meta({ example: { deviceId: 'river-gauge-017', apiKey: 'hak_1f6c0b9a2d4e7f8a9b0c.yQ0v1Jk8mT3s…' } });
export type AuthenticateDevice = z.infer<typeof authenticateDeviceSchema>;
