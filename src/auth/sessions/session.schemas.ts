import { z } from 'zod';
import { pageQuerySchema } from '../../common/pagination/page.js';
import { instantOutSchema } from '../../common/validation/schemas.js';

/** Query of `GET /auth/sessions`. */
export const listSessionsSchema = z.strictObject(pageQuerySchema.shape);
export type ListSessions = z.infer<typeof listSessionsSchema>;

/** A session in an answer. */
export const sessionSchema = z
  .object({
    id: z.string(),
    createdAt: instantOutSchema.describe('When the person signed in'),
    lastUsedAt: instantOutSchema.describe('When a token was last issued'),
    expiresAt: instantOutSchema.describe('When it ends unless it is used before'),
    address: z.string().nullable().describe('Where the token was last asked for from'),
    userAgent: z.string().nullable(),
    current: z.boolean().describe('The session of this request'),
  })
  .meta({ id: 'Session' });
export type SessionResponse = z.infer<typeof sessionSchema>;

/** A real answer, for the API documentation. */
export const SESSION_EXAMPLE: SessionResponse = {
  id: '0199c5f2-11aa-7c31-9d43-6f1b0f9d7a55',
  createdAt: '2026-11-22T06:02:11.480Z',
  lastUsedAt: '2026-11-22T13:47:02.115Z',
  expiresAt: '2026-12-22T13:47:02.115Z',
  address: '203.0.113.7',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/149.0',
  current: true,
};
