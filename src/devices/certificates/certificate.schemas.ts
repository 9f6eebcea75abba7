import { z } from 'zod';
import { pageQuerySchema } from '../../common/pagination/page.js';
import { deviceIdSchema, instantOutSchema } from '../../common/validation/schemas.js';
import { REVOCATION_REASON_WORDS } from './revocation-reason.js';
import { KEY_ALGORITHMS } from './x509.js';

/** How long a certificate lasts unless said otherwise. */
export const DEFAULT_VALIDITY_DAYS = 365;
/** Ten years, the life of a logger that nobody can reach to renew it; revocation does not wait for the end. */
export const MAX_VALIDITY_DAYS = 3_650;
/** Certificates, requests and what else comes as PEM: an RSA-4096 request has 2 KiB. */
export const MAX_PEM_LENGTH = 16 * 1024;
const MAX_OVERLAP_SECONDS = 90 * 24 * 3600;

/** SHA-256 fingerprint as tools print it: with colons or without, in capitals or not; comes out in lower case without. */
export const fingerprintSchema = z
  .string()
  .regex(/^([0-9A-Fa-f]{64}|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31})$/, 'must be a SHA-256 fingerprint, 64 hex digits')
  .transform((text) => text.replaceAll(':', '').toLowerCase())
  .describe('SHA-256 fingerprint of the certificate');

/** Body of `POST /devices/certificates/generate`. */
export const generateCertificateSchema = z
  .strictObject({
    deviceId: deviceIdSchema,
    validityDays: z
      .number()
      .int()
      .min(1)
      .max(MAX_VALIDITY_DAYS)
      .optional()
      .describe(`${DEFAULT_VALIDITY_DAYS} unless given; cut where the authority ends before`),
    csrPem: z
      .string()
      .min(1)
      .max(MAX_PEM_LENGTH)
      .optional()
      .describe('PKCS #10 request (PEM) for a key that stays in the device; without it, a key is made'),
    algorithm: z.enum(KEY_ALGORITHMS).optional().describe('Of the key that is made; p256 unless given'),
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(MAX_OVERLAP_SECONDS)
      .optional()
      .describe('How long the certificates before this one go on working; until they expire unless given'),
  })
  .refine(({ csrPem, algorithm }) => csrPem === undefined || algorithm === undefined, {
    path: ['algorithm'],
    error: 'the key of a request is what it is: leave `algorithm` out',
  })
  .meta({ example: { deviceId: 'river-gauge-017', validityDays: 365, overlapSeconds: 604_800 } });
export type GenerateCertificate = z.infer<typeof generateCertificateSchema>;

/** A certificate as it is handed over, once. */
export const issuedCertificateSchema = z.object({
  certificatePem: z.string(),
  privateKeyPem: z.string().optional().describe('PKCS #8; absent when the key came in a request. Shown once'),
  caPem: z.string().describe('Certificate of the authority that signed it'),
  fingerprint: z.string().describe('SHA-256, 64 hex digits'),
  serialNumber: z.string().describe('Hexadecimal'),
  expiresAt: instantOutSchema,
});
export type IssuedCertificateResponse = z.infer<typeof issuedCertificateSchema>;

/** Answer of `POST /devices/certificates/generate`. */
export const generatedCertificateSchema = issuedCertificateSchema.extend({ deviceId: z.string() });
export type GeneratedCertificateResponse = z.infer<typeof generatedCertificateSchema>;

/** Body of `POST /devices/certificates/{fingerprint}/revoke`. */
export const revokeCertificateSchema = z
  .strictObject({
    reason: z.enum(REVOCATION_REASON_WORDS).default('unspecified').describe('As revocation lists tell it (RFC 5280)'),
  })
  .prefault({})
  .meta({ example: { reason: 'key_compromise' } });
export type RevokeCertificate = z.infer<typeof revokeCertificateSchema>;

/** Query of `GET /devices/{deviceId}/certificates`. */
export const listCertificatesSchema = pageQuerySchema;
export type ListCertificates = z.infer<typeof listCertificatesSchema>;

/** Query of `GET /devices/certificates/crl.der`. */
export const crlQuerySchema = z.strictObject({
  authority: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('Number of the authority; the one that signs'),
});
export type CrlQuery = z.infer<typeof crlQuerySchema>;

/** A certificate in an answer. */
export const certificateSchema = z.object({
  fingerprint: z.string(),
  deviceId: z.string(),
  serialNumber: z.string(),
  algorithm: z.enum(['p256', 'rsa2048', 'rsa3072', 'rsa4096']),
  status: z.enum(['valid', 'expired', 'revoked']),
  notBefore: instantOutSchema,
  expiresAt: instantOutSchema.describe(
    'When it ends; earlier than it says itself where it was renewed with an overlap',
  ),
  revokedAt: instantOutSchema.nullable(),
  revocationReason: z.enum(REVOCATION_REASON_WORDS).nullable(),
  lastUsedAt: instantOutSchema.nullable().describe('By HTTP; brokers do not tell'),
});
export type CertificateResponse = z.infer<typeof certificateSchema>;
