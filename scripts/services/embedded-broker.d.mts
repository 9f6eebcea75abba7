import type { PlaceOptions, Service } from './service.mjs';

/**
 * Starts the demo's MQTT broker. `appUrl`: whom it asks about devices (`POST /api/v1/broker/auth` and `/acl` with
 * `hookToken` as bearer token); `platform`: how the application signs in.
 */
export declare function startEmbeddedBroker(
  options: PlaceOptions & {
    appUrl: string;
    hookToken: string;
    platform: { username: string; password: string; clientId: string };
    heapMb?: number;
  },
): Promise<Service>;
