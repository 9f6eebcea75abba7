import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../auth/access.decorators.js';
import { Clock } from '../../common/clock.js';
import { ApiData, ApiPage } from '../../common/openapi/api-data.decorator.js';
import type { Page } from '../../common/pagination/page.js';
import { uuidSchema } from '../../common/validation/schemas.js';
import type { SensorShare } from './sensor-share.entity.js';
import { toShareResponse } from './share.mapper.js';
import {
  createShareSchema,
  listSharesSchema,
  SHARE_EXAMPLE,
  shareSchema,
  type CreateShare,
  type ListShares,
  type ShareResponse,
} from './share.schemas.js';
import { SharesService } from './shares.service.js';

const ID = { schema: uuidSchema };
const ENDED = { ...SHARE_EXAMPLE, active: false, endedAt: '2026-11-30T09:15:00.000Z' };

/** Sensors that municipalities let each other read for a time. */
@ApiTags('sensor shares')
@Controller()
export class SharesController {
  constructor(
    private readonly shares: SharesService,
    private readonly clock: Clock,
  ) {}

  @Get('sensor-shares')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'List the shares that the municipality gave and received, the oldest first' })
  @ApiPage(shareSchema, { example: [SHARE_EXAMPLE] })
  async list(@Query({ schema: listSharesSchema }) query: ListShares): Promise<Page<ShareResponse>> {
    return (await this.shares.list(query)).map((share) => this.answer(share));
  }

  @Post('sensors/:id/shares')
  @RequirePermission('sensor:share')
  @ApiOperation({ summary: 'Let another municipality read a sensor for a time; both sides have it in their audit log' })
  @ApiData(shareSchema, { status: HttpStatus.CREATED, example: SHARE_EXAMPLE })
  async create(
    @Param('id', ID) id: string,
    @Body({ schema: createShareSchema }) body: CreateShare,
  ): Promise<ShareResponse> {
    return this.answer(await this.shares.create(id, body));
  }

  @Post('sensors/:id/shares/:shareId/end')
  @RequirePermission('sensor:share')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'End a share before its time; 409 SHARE_ENDED when it has ended' })
  @ApiData(shareSchema, { example: ENDED })
  async end(@Param('id', ID) id: string, @Param('shareId', ID) shareId: string): Promise<ShareResponse> {
    return this.answer(await this.shares.end(id, shareId));
  }

  private answer(share: SensorShare): ShareResponse {
    return toShareResponse(share, this.clock.nowMs());
  }
}
