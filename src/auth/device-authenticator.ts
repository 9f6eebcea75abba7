/** A device that proved who it is. */
export interface AuthenticatedDevice {
  readonly deviceId: string;
  readonly municipalityId: string;
}

/** Checks the credentials of devices. Declared here, implemented by devices. */
export abstract class DeviceAuthenticator {
  /**
   * The device whose API key this is; null for an unknown device, a wrong key, and a device that is not active, after
   * the same time for each.
   */
  abstract authenticate(deviceId: string, apiKey: string): Promise<AuthenticatedDevice | null>;
}
