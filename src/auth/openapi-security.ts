import type { DocumentBuilder } from '@nestjs/swagger';

export const USER_SCHEME = 'bearer';
export const DEVICE_ID_SCHEME = 'deviceId';
export const DEVICE_KEY_SCHEME = 'deviceKey';
export const BROKER_HOOK_SCHEME = 'brokerHook';

/** Describes in the OpenAPI document how people, devices and the broker prove who they are. */
export function addSecuritySchemes(builder: DocumentBuilder): DocumentBuilder {
  return builder
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Access token of `POST /auth/login`' },
      USER_SCHEME,
    )
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Device-Id', description: 'Device id' }, DEVICE_ID_SCHEME)
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'Its API key' }, DEVICE_KEY_SCHEME)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'Token of `BROKER_HOOK_TOKEN`' }, BROKER_HOOK_SCHEME);
}
