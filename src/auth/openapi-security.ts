import type { DocumentBuilder } from '@nestjs/swagger';

export const USER_SCHEME = 'bearer';
export const DEVICE_ID_SCHEME = 'deviceId';
export const DEVICE_KEY_SCHEME = 'deviceKey';
export const DEVICE_TIMESTAMP_SCHEME = 'deviceTimestamp';
export const DEVICE_NONCE_SCHEME = 'deviceNonce';
export const DEVICE_SIGNATURE_SCHEME = 'deviceSignature';
export const DEVICE_CERTIFICATE_SCHEME = 'deviceCertificate';
export const BROKER_HOOK_SCHEME = 'brokerHook';
export const UPLINK_SCHEME = 'uplinkSource';

/** New in OpenAPI 3.1, which the types do not know yet. */
const CERTIFICATE = {
  type: 'mutualTLS',
  description: 'Client certificate of the device, over TLS or handed on by a trusted proxy; it names the device itself',
} as unknown as Parameters<DocumentBuilder['addSecurity']>[1];

const SIGNATURE =
  'Hexadecimal HMAC-SHA256 over X-Timestamp, a line feed, X-Nonce, a line feed and the body, with the secret of a live ' +
  'HMAC key. `X-Key-Id` may name the key; without it every live one is tried';

/** Describes in the OpenAPI document how people, devices and the broker prove who they are. */
export function addSecuritySchemes(builder: DocumentBuilder): DocumentBuilder {
  return builder
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Access token of `POST /auth/login`' },
      USER_SCHEME,
    )
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Device-Id', description: 'Device id' }, DEVICE_ID_SCHEME)
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'Its API key' }, DEVICE_KEY_SCHEME)
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'X-Timestamp', description: 'Epoch ms, at most 300 s from now' },
      DEVICE_TIMESTAMP_SCHEME,
    )
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'X-Nonce', description: '8–128 visible ASCII characters, each time new' },
      DEVICE_NONCE_SCHEME,
    )
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Signature', description: SIGNATURE }, DEVICE_SIGNATURE_SCHEME)
    .addSecurity(DEVICE_CERTIFICATE_SCHEME, CERTIFICATE)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'Token of `BROKER_HOOK_TOKEN`' }, BROKER_HOOK_SCHEME)
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'Token of `POST /uplink-sources`; also as `X-Api-Key`' },
      UPLINK_SCHEME,
    );
}
