import { z } from 'zod';
import { ValidationError } from '../../common/errors/errors.js';

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
  })
  .describe('Shown once and never again');
export type IssuedCredentials = z.infer<typeof issuedCredentialsSchema>;

/**
 * Refuses what this installation cannot issue yet, before anything is stored.
 * @throws ValidationError `AUTH_METHOD_NOT_AVAILABLE`
 */
export function refuseUnavailableMethods(methods: readonly AuthMethod[], path = 'authMethods'): void {
  const index = methods.indexOf('certificate');
  if (index === -1) return;
  const code = 'AUTH_METHOD_NOT_AVAILABLE';
  const message = 'Certificates cannot be issued by this version; use api_key, mqtt or hmac.';
  throw new ValidationError([{ path: `${path}.${index}`, code, message }], code, message);
}
