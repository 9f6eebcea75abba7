import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../auth/access.decorators.js';
import type { AuthenticatedUser } from '../auth/authenticated-user.js';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiData, ApiPage } from '../common/openapi/api-data.decorator.js';
import type { Page } from '../common/pagination/page.js';
import { uuidSchema } from '../common/validation/schemas.js';
import { ACKNOWLEDGED_EXAMPLE, ALERT_EXAMPLE, DEVICE_ALERT_EXAMPLE, RESOLVED_EXAMPLE } from './alert.examples.js';
import { toAlertDetail, toAlertResponse, type AlertResponse } from './alert.mapper.js';
import {
  alertActionSchema,
  alertDetailSchema,
  alertSchema,
  listAlertsSchema,
  type AlertAction,
  type AlertDetailResponse,
  type ListAlerts,
} from './alert.schemas.js';
import { AlertsService } from './alerts.service.js';

const ID = { schema: uuidSchema };

/** Alerts, and what people do with them. */
@ApiTags('Alerts')
@Controller('alerts')
export class AlertsController {
  constructor(private readonly alerts: AlertsService) {}

  @Get()
  @RequirePermission('alert:read')
  @ApiOperation({ summary: 'List alerts, the newest first' })
  @ApiPage(alertSchema, { example: [ALERT_EXAMPLE, DEVICE_ALERT_EXAMPLE] })
  async list(@Query({ schema: listAlertsSchema }) query: ListAlerts): Promise<Page<AlertResponse>> {
    return (await this.alerts.list(query)).map(toAlertResponse);
  }

  @Get(':id')
  @RequirePermission('alert:read')
  @ApiOperation({ summary: 'One alert, and what people did with it' })
  @ApiData(alertDetailSchema, { example: ACKNOWLEDGED_EXAMPLE })
  async get(@Param('id', ID) id: string): Promise<AlertDetailResponse> {
    return toAlertDetail(await this.alerts.get(id));
  }

  @Post(':id/acknowledge')
  @RequirePermission('alert:acknowledge')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Take care of an active alert; 409 ALERT_ALREADY_ACKNOWLEDGED or ALERT_NOT_ACTIVE otherwise',
  })
  @ApiData(alertDetailSchema, { example: ACKNOWLEDGED_EXAMPLE })
  async acknowledge(
    @Param('id', ID) id: string,
    @Body({ schema: alertActionSchema }) action: AlertAction,
    @CurrentUser() user: AuthenticatedUser,
  ): Promise<AlertDetailResponse> {
    return toAlertDetail(await this.alerts.acknowledge(id, decisionOf(action, user)));
  }

  @Post(':id/resolve')
  @RequirePermission('alert:resolve')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Close an open alert by hand; 409 ALERT_ALREADY_RESOLVED otherwise' })
  @ApiData(alertDetailSchema, { example: RESOLVED_EXAMPLE })
  async resolve(
    @Param('id', ID) id: string,
    @Body({ schema: alertActionSchema }) action: AlertAction,
    @CurrentUser() user: AuthenticatedUser,
  ): Promise<AlertDetailResponse> {
    return toAlertDetail(await this.alerts.resolve(id, decisionOf(action, user)));
  }
}

function decisionOf(action: AlertAction, user: AuthenticatedUser) {
  return { userId: user.id, comment: action?.comment || null };
}
