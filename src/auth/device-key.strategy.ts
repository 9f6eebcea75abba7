import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { PassportStrategy } from '@nestjs/passport';
import type { Request } from 'express';
import { Strategy } from 'passport-custom';
import { deviceIdSchema } from '../common/validation/schemas.js';
import { DeviceAuthenticator, type AuthenticatedDevice } from './device-authenticator.js';

export const DEVICE_KEY_STRATEGY = 'device-api-key';
const MAX_KEY_LENGTH = 256;

/** Takes devices' API keys from the headers `X-Device-Id` and `X-Api-Key`. */
@Injectable()
export class DeviceKeyStrategy extends PassportStrategy(Strategy, DEVICE_KEY_STRATEGY) implements OnModuleInit {
  private authenticator: DeviceAuthenticator | undefined;

  constructor(private readonly modules: ModuleRef) {
    super();
  }

  /** The implementation lives in a higher layer, which this one does not import. */
  onModuleInit(): void {
    this.authenticator = this.modules.get(DeviceAuthenticator, { strict: false });
  }

  /** False is passport's word for "not authenticated". */
  async validate(request: Request): Promise<AuthenticatedDevice | false> {
    const deviceId = deviceIdSchema.safeParse(request.header('X-Device-Id'));
    const apiKey = request.header('X-Api-Key');
    if (!deviceId.success || !apiKey || apiKey.length > MAX_KEY_LENGTH || !this.authenticator) return false;
    return (await this.authenticator.authenticate(deviceId.data, apiKey)) ?? false;
  }
}
