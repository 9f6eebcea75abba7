import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../auth/access.decorators.js';
import { Clock } from '../common/clock.js';
import { ApiConflict, VERSION_CONFLICT } from '../common/openapi/api-conflict.decorator.js';
import { ApiData, ApiPage } from '../common/openapi/api-data.decorator.js';
import type { Page } from '../common/pagination/page.js';
import { deviceIdSchema } from '../common/validation/schemas.js';
import { IfMatch } from '../common/versioning/if-match.decorator.js';
import { expectedVersion, type ExpectedVersion } from '../common/versioning/version.js';
import { DEVICE_DETAIL_EXAMPLE, DEVICE_EXAMPLE, DEVICE_LIST_EXAMPLE, HEALTH_EXAMPLE } from './device.examples.js';
import {
  toDeviceDetail,
  toDeviceListItem,
  toDeviceResponse,
  type DeviceDetailResponse,
  type DeviceListItem,
} from './device.mapper.js';
import { DeviceRemovalService } from './device-removal.service.js';
import {
  deviceDetailSchema,
  deviceListItemSchema,
  deviceSchema,
  listDevicesSchema,
  patchDeviceSchema,
  type DeviceResponse,
  type ListDevices,
  type PatchDevice,
} from './device.schemas.js';
import { DevicesService } from './devices.service.js';
import { deviceHealthSchema, type DeviceHealth } from './heartbeat/device-health.schemas.js';
import { healthOf } from './heartbeat/device-health.js';

const ID = { schema: deviceIdSchema };
const HAS_HISTORY = '"river-gauge-017" has readings or alerts: deactivate it instead.';

/** Devices of the caller's municipality. */
@ApiTags('devices')
@Controller('devices')
export class DevicesController {
  constructor(
    private readonly devices: DevicesService,
    private readonly removal: DeviceRemovalService,
    private readonly clock: Clock,
  ) {}

  @Get()
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'List devices with their health, by id' })
  @ApiPage(deviceListItemSchema, { example: DEVICE_LIST_EXAMPLE })
  async list(@Query({ schema: listDevicesSchema }) query: ListDevices): Promise<Page<DeviceListItem>> {
    const now = this.clock.nowMs();
    return (await this.devices.list(query)).map((item) => toDeviceListItem(item, now));
  }

  @Get('health/check/:deviceId')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'Is the device alive, and if not, why' })
  @ApiData(deviceHealthSchema, { example: HEALTH_EXAMPLE })
  async health(@Param('deviceId', ID) deviceId: string): Promise<DeviceHealth> {
    const { device, presence, life } = await this.devices.withPresence(deviceId);
    return healthOf(device, presence, life, this.clock.nowMs());
  }

  @Get(':deviceId')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'One device with its sensors, health and ways to authenticate' })
  @ApiData(deviceDetailSchema, { example: DEVICE_DETAIL_EXAMPLE })
  async get(@Param('deviceId', ID) deviceId: string): Promise<DeviceDetailResponse> {
    return toDeviceDetail(await this.devices.detail(deviceId), this.clock.nowMs());
  }

  @Patch(':deviceId')
  @RequirePermission('device:write')
  @ApiOperation({ summary: 'Change a device' })
  @ApiConflict(VERSION_CONFLICT)
  @ApiData(deviceSchema, { example: DEVICE_EXAMPLE })
  async update(
    @Param('deviceId', ID) deviceId: string,
    @Body({ schema: patchDeviceSchema }) { version, ...patch }: PatchDevice,
    @IfMatch() ifMatch: ExpectedVersion,
  ): Promise<DeviceResponse> {
    return toDeviceResponse(await this.devices.update(deviceId, patch, expectedVersion(ifMatch, version)));
  }

  @Delete(':deviceId')
  @RequirePermission('device:write')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Delete a device that never delivered anything; 409 DEVICE_HAS_HISTORY for any other' })
  @ApiConflict({ ...VERSION_CONFLICT, DEVICE_HAS_HISTORY: HAS_HISTORY })
  @ApiNoContentResponse({ description: 'Deleted' })
  async remove(@Param('deviceId', ID) deviceId: string, @IfMatch() ifMatch: ExpectedVersion): Promise<void> {
    await this.removal.remove(deviceId, ifMatch);
  }

  @Post(':deviceId/deactivate')
  @RequirePermission('device:write')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Stop the device at every door, within a second' })
  @ApiData(deviceSchema, { example: { ...DEVICE_EXAMPLE, status: 'deactivated' } })
  async deactivate(@Param('deviceId', ID) deviceId: string): Promise<DeviceResponse> {
    return toDeviceResponse(await this.devices.setStatus(deviceId, 'deactivated'));
  }

  @Post(':deviceId/reactivate')
  @RequirePermission('device:write')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Allow the device again' })
  @ApiData(deviceSchema, { example: DEVICE_EXAMPLE })
  async reactivate(@Param('deviceId', ID) deviceId: string): Promise<DeviceResponse> {
    return toDeviceResponse(await this.devices.setStatus(deviceId, 'active'));
  }
}
