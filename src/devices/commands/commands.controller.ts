import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../auth/access.decorators.js';
import type { AuthenticatedUser } from '../../auth/authenticated-user.js';
import { CurrentUser } from '../../auth/current-user.decorator.js';
import { ApiConflict } from '../../common/openapi/api-conflict.decorator.js';
import { ApiData, ApiPage } from '../../common/openapi/api-data.decorator.js';
import type { Page } from '../../common/pagination/page.js';
import { deviceIdSchema } from '../../common/validation/schemas.js';
import { ANSWERED_EXAMPLE, CANCELLED_EXAMPLE, COMMAND_EXAMPLE } from './command.examples.js';
import { toCommandResponse } from './command.mapper.js';
import {
  commandIdSchema,
  commandSchema,
  listCommandsSchema,
  sendCommandSchema,
  type CommandResponse,
  type ListCommands,
  type SendCommand,
} from './command.schemas.js';
import { CommandsService } from './commands.service.js';
import { IdempotencyKey } from './idempotency-key.decorator.js';

const DEVICE = { schema: deviceIdSchema };
const COMMAND = { schema: commandIdSchema };

/** Commands to single devices of the caller's municipality. */
@ApiTags('commands')
@Controller('devices/:deviceId/commands')
export class CommandsController {
  constructor(private readonly commands: CommandsService) {}

  @Post()
  @RequirePermission('device:command')
  @ApiOperation({ summary: 'Tell a device to do something; the answer comes later, see the status of the command' })
  @ApiConflict({
    DEVICE_INACTIVE: '"river-gauge-017" is deactivated: reactivate it first.',
    MUNICIPALITY_SUSPENDED: 'The municipality is suspended.',
    IDEMPOTENCY_KEY_REUSED: 'This Idempotency-Key was used for another command.',
  })
  @ApiData(commandSchema, { status: 201, description: 'Made', example: COMMAND_EXAMPLE })
  async send(
    @Param('deviceId', DEVICE) deviceId: string,
    @Body({ schema: sendCommandSchema }) body: SendCommand,
    @CurrentUser() user: AuthenticatedUser,
    @IdempotencyKey() idempotencyKey: string | undefined,
  ): Promise<CommandResponse> {
    return toCommandResponse(await this.commands.send(deviceId, body, { userId: user.id, idempotencyKey }));
  }

  @Get()
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'What a device was told to do and what it answered, newest first' })
  @ApiPage(commandSchema, { example: [ANSWERED_EXAMPLE] })
  async list(
    @Param('deviceId', DEVICE) deviceId: string,
    @Query({ schema: listCommandsSchema }) query: ListCommands,
  ): Promise<Page<CommandResponse>> {
    return (await this.commands.list(deviceId, query)).map(toCommandResponse);
  }

  @Get(':commandId')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'One command, where it stands, and its answer' })
  @ApiData(commandSchema, { example: ANSWERED_EXAMPLE })
  async get(
    @Param('deviceId', DEVICE) deviceId: string,
    @Param('commandId', COMMAND) commandId: string,
  ): Promise<CommandResponse> {
    return toCommandResponse(await this.commands.get(deviceId, commandId));
  }

  @Post(':commandId/cancel')
  @RequirePermission('device:command')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Take a command back that is not answered; a device that has it may still carry it out' })
  @ApiConflict({ COMMAND_FINISHED: 'The command is over already: succeeded.' })
  @ApiData(commandSchema, { example: CANCELLED_EXAMPLE })
  async cancel(
    @Param('deviceId', DEVICE) deviceId: string,
    @Param('commandId', COMMAND) commandId: string,
    @CurrentUser() user: AuthenticatedUser,
  ): Promise<CommandResponse> {
    return toCommandResponse(await this.commands.cancel(deviceId, commandId, user.id));
  }
}
