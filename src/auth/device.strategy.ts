import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { PassportStrategy } from '@nestjs/passport';
import type { Request } from 'express';
import { Strategy } from 'passport-custom';
import { DeviceAuthenticator, type AuthenticatedDevice } from './device-authenticator.js';
import { deviceProofOf } from './device-proof.js';

export const DEVICE_STRATEGY = 'device';

/** Lets devices in by what their requests bring: a client certificate, a signature, an API key. */
@Injectable()
export class DeviceStrategy extends PassportStrategy(Strategy, DEVICE_STRATEGY) implements OnModuleInit {
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
    const proof = deviceProofOf(request);
    if (proof === null || !this.authenticator) return false;
    return (await this.authenticator.authenticate(proof)) ?? false;
  }
}
