import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../../auth/access.decorators.js';
import type { AuthenticatedUser } from '../../../auth/authenticated-user.js';
import { CurrentUser } from '../../../auth/current-user.decorator.js';
import { ApiConflict } from '../../../common/openapi/api-conflict.decorator.js';
import { ApiData, ApiPage } from '../../../common/openapi/api-data.decorator.js';
import type { Page, PageQuery } from '../../../common/pagination/page.js';
import { uuidSchema } from '../../../common/validation/schemas.js';
import { sendCommandSchema, type SendCommand } from '../command.schemas.js';
import { IdempotencyKey } from '../idempotency-key.decorator.js';
import { toBatchItem, toBatchResponse } from './group-command.mapper.js';
import {
  BATCH_EXAMPLE,
  BATCH_ITEM_EXAMPLE,
  batchIdSchema,
  batchItemSchema,
  batchSchema,
  listBatchesSchema,
  type BatchItem,
  type BatchResponse,
} from './group-command.schemas.js';
import { GroupCommandsService } from './group-commands.service.js';

const ID = { schema: uuidSchema };

/** Commands to whole groups of devices. */
@ApiTags('commands')
@Controller('device-groups/:id/commands')
export class GroupCommandsController {
  constructor(private readonly commands: GroupCommandsService) {}

  @Post()
  @RequirePermission('device:command')
  @ApiOperation({ summary: 'Tell every active member of a group to do something' })
  @ApiConflict({
    DEVICE_GROUP_EMPTY: 'The group has no active member.',
    MUNICIPALITY_SUSPENDED: 'The municipality is suspended.',
    IDEMPOTENCY_KEY_REUSED: 'This Idempotency-Key was used for another command.',
  })
  @ApiData(batchSchema, { status: 201, description: 'Made', example: BATCH_EXAMPLE })
  async send(
    @Param('id', ID) id: string,
    @Body({ schema: sendCommandSchema }) body: SendCommand,
    @CurrentUser() user: AuthenticatedUser,
    @IdempotencyKey() idempotencyKey: string | undefined,
  ): Promise<BatchResponse> {
    return toBatchResponse(await this.commands.send(id, body, { userId: user.id, idempotencyKey }));
  }

  @Get()
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'What a group was told to do, newest first' })
  @ApiPage(batchItemSchema, { example: [BATCH_ITEM_EXAMPLE] })
  async list(
    @Param('id', ID) id: string,
    @Query({ schema: listBatchesSchema }) query: PageQuery,
  ): Promise<Page<BatchItem>> {
    return (await this.commands.list(id, query)).map(toBatchItem);
  }

  @Get(':batchId')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'What became of a group command on each device' })
  @ApiData(batchSchema, { example: BATCH_EXAMPLE })
  async get(
    @Param('id', ID) id: string,
    @Param('batchId', { schema: batchIdSchema }) batchId: string,
  ): Promise<BatchResponse> {
    return toBatchResponse(await this.commands.get(id, batchId));
  }
}
