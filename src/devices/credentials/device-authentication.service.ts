import { Injectable } from '@nestjs/common';
import type { AuthenticatedDevice } from '../../auth/device-authenticator.js';
import {
  newRequestContext,
  runWithRequestContext,
  currentRequestId,
} from '../../common/request-context/request-context.js';
import type { DeviceDetail } from '../device.mapper.js';
import { DevicesService } from '../devices.service.js';
import { deviceNotAuthenticated } from './credential.errors.js';
import type { AuthenticateDevice } from './credential.schemas.js';
import { CredentialVerifier } from './credential-verifier.js';

/** Lets a device, or whoever installs it, try its credentials. */
@Injectable()
export class DeviceAuthenticationService {
  constructor(
    private readonly verifier: CredentialVerifier,
    private readonly devices: DevicesService,
  ) {}

  /**
   * @returns the device that the credentials belong to
   * @throws UnauthenticatedError `INVALID_CREDENTIALS`, after the same time for unknown and wrong
   */
  async authenticate(credentials: AuthenticateDevice): Promise<DeviceDetail> {
    const device = await this.verify(credentials);
    if (device?.deviceId !== credentials.deviceId) throw deviceNotAuthenticated();
    const tenant = { kind: 'municipalities', municipalityIds: [device.municipalityId] } as const;
    const context = newRequestContext({ requestId: currentRequestId(), tenant });
    return runWithRequestContext(context, () => this.devices.detail(device.deviceId));
  }

  private async verify(credentials: AuthenticateDevice): Promise<AuthenticatedDevice | null> {
    if ('apiKey' in credentials) return this.verifier.byApiKey(credentials.deviceId, credentials.apiKey);
    if ('password' in credentials) return this.verifier.byMqttPassword(credentials.username, credentials.password);
    return this.verifier.byCertificate(credentials.certificatePem);
  }
}
