import type { TOPICS } from '../../mqtt/topics.js';

/** `credentials.json` of a bundle. */
export interface CredentialsFile {
  readonly deviceId: string;
  readonly name?: string;
  /** Code of the profile by which its payloads are read; without one they are reading sets. */
  readonly profile?: string;
  /** `…/api/v1`, for `POST /readings`. */
  readonly apiUrl: string;
  readonly apiKey?: string;
  readonly mqtt: {
    readonly url: string;
    readonly host: string;
    readonly port: number;
    readonly tls: boolean;
    readonly clientId: string;
    readonly username?: string;
    readonly password?: string;
    readonly topics: Readonly<Record<keyof typeof TOPICS, string>>;
  };
  readonly hmac?: { readonly keyId: string; readonly secret: string };
  readonly certificate?: {
    readonly certificateFile: string;
    readonly keyFile?: string;
    readonly caFile: string;
    readonly fingerprint: string;
    readonly expiresAt: string;
  };
  /** Of the private authority to trust, where there is one. */
  readonly serverCaFile?: string;
  /** Their codes are the keys of its payloads. */
  readonly sensors: readonly BundledSensor[];
}

/** A sensor of the device. */
export interface BundledSensor {
  readonly code: string;
  readonly typeCode: string;
}
