import { Body, Controller, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Public, RequirePermission } from '../../auth/access.decorators.js';
import { Clock } from '../../common/clock.js';
import { ApiData } from '../../common/openapi/api-data.decorator.js';
import { deviceIdSchema } from '../../common/validation/schemas.js';
import { DeviceRegistrationService } from '../device-registration.service.js';
import { DEVICE_DETAIL_EXAMPLE, REGISTERED_EXAMPLE } from '../device.examples.js';
import {
  toDeviceDetail,
  toRegisteredDevice,
  type DeviceDetailResponse,
  type RegisteredDeviceResponse,
} from '../device.mapper.js';
import {
  deviceDetailSchema,
  registerDeviceSchema,
  registeredDeviceSchema,
  type RegisterDevice,
} from '../device.schemas.js';
import {
  authenticateDeviceSchema,
  refreshApiKeySchema,
  rotatedApiKeySchema,
  type AuthenticateDevice,
  type RefreshApiKey,
  type RotatedApiKeyResponse,
} from './credential.schemas.js';
import { CredentialRotationService } from './credential-rotation.service.js';
import { DeviceAuthenticationService } from './device-authentication.service.js';

const authenticatedSchema = z.object({ authenticated: z.literal(true), device: deviceDetailSchema });
const ROTATED_EXAMPLE: RotatedApiKeyResponse = {
  deviceId: 'river-gauge-017',
  apiKey: 'hak_7d2e9c4b1a6f8e3d5c0b.A1eG3iUyQ0v1Jk8mT3sX5wZ7cR9dF2hL4nP6qB8tV0x',
  previousKeysValidUntil: '2026-03-02T12:00:00.000Z',
};

/** Registration of devices, and their secrets: made, shown once, tried and renewed. */
@ApiTags('devices')
@Controller('devices')
export class DeviceCredentialsController {
  constructor(
    private readonly registration: DeviceRegistrationService,
    private readonly authentication: DeviceAuthenticationService,
    private readonly rotation: CredentialRotationService,
    private readonly clock: Clock,
  ) {}

  @Post('register')
  @RequirePermission('device:register')
  @ApiOperation({ summary: 'Bring a device into service; its secrets are shown once' })
  @ApiData(registeredDeviceSchema, { status: 201, description: 'Registered', example: REGISTERED_EXAMPLE })
  async register(@Body({ schema: registerDeviceSchema }) body: RegisterDevice): Promise<RegisteredDeviceResponse> {
    return toRegisteredDevice(await this.registration.register(body));
  }

  @Post('authenticate')
  @Public()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Try the credentials of a device' })
  @ApiData(authenticatedSchema, { example: { authenticated: true, device: DEVICE_DETAIL_EXAMPLE } })
  async authenticate(
    @Body({ schema: authenticateDeviceSchema }) body: AuthenticateDevice,
  ): Promise<{ authenticated: true; device: DeviceDetailResponse }> {
    const device = await this.authentication.authenticate(body);
    return { authenticated: true, device: toDeviceDetail(device, this.clock.nowMs()) };
  }

  @Post(':deviceId/refresh-api-key')
  @RequirePermission('device:write')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Give the device a new API key; the old ones live on for the overlap' })
  @ApiData(rotatedApiKeySchema, { example: ROTATED_EXAMPLE })
  async refreshApiKey(
    @Param('deviceId', { schema: deviceIdSchema }) deviceId: string,
    @Body({ schema: refreshApiKeySchema }) body: RefreshApiKey,
  ): Promise<RotatedApiKeyResponse> {
    const rotated = await this.rotation.refreshApiKey(deviceId, body.overlapSeconds);
    return { ...rotated, previousKeysValidUntil: rotated.previousKeysValidUntil.toISOString() };
  }
}
