import type { RawBodyRequest } from '@nestjs/common';
import type { Request } from 'express';
import { clientCertificateOf } from '../common/http/client-certificate.js';
import { deviceIdSchema } from '../common/validation/schemas.js';
import type { DeviceProof, RequestSignature } from './device-authenticator.js';

const MAX_KEY_LENGTH = 256;
const NO_BODY = Buffer.alloc(0);

/** What a request proves its device with; null when there is nothing, or nothing that could be of a device. */
export function deviceProofOf(request: Request): DeviceProof | null {
  const certificate = clientCertificateOf(request);
  const named = request.header('X-Device-Id');
  const deviceId = deviceIdSchema.safeParse(named);
  // A certificate says itself whose it is.
  if (!deviceId.success && (named !== undefined || certificate === undefined)) return null;
  const apiKey = request.header('X-Api-Key') || undefined;
  if (apiKey !== undefined && apiKey.length > MAX_KEY_LENGTH) return null;
  const signature = signatureOf(request);
  if (apiKey === undefined && signature === undefined && certificate === undefined) return null;
  return { deviceId: deviceId.data, apiKey, signature, certificate };
}

/** A signature without its nonce or time is one that cannot be right, not none. */
function signatureOf(request: RawBodyRequest<Request>): RequestSignature | undefined {
  const signature = request.header('X-Signature');
  if (signature === undefined) return undefined;
  return {
    keyId: request.header('X-Key-Id'),
    timestamp: request.header('X-Timestamp') ?? '',
    nonce: request.header('X-Nonce') ?? '',
    signature,
    body: request.rawBody ?? NO_BODY,
  };
}
