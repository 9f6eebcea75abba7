import { Body, Controller, HttpCode, HttpStatus, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { BrokerHook } from '../../auth/access.decorators.js';
import { RawResponse } from '../../common/envelope/raw-response.decorator.js';
import { ApiRaw } from '../../common/openapi/api-data.decorator.js';
import { BrokerAuthority, type BrokerAction, type BrokerDecision } from '../../mqtt/broker-authority.js';
import {
  goAuthAclSchema,
  goAuthAnswerSchema,
  goAuthUserSchema,
  type GoAuthAcl,
  type GoAuthAnswer,
  type GoAuthUser,
} from './broker.schemas.js';

/** `acc` of Mosquitto. Reading and writing at once (3) is asked of patterns in files only; unsubscribing (8) harms nobody. */
const ACTIONS: Readonly<Record<number, BrokerAction>> = { 1: 'receive', 2: 'publish', 4: 'subscribe', 8: 'subscribe' };
const ALLOWED = { ok: true, error: '' };
const DENIED = { ok: false, error: 'denied' };

/** Questions of a Mosquitto with mosquitto-go-auth and its HTTP backend: 200 lets in, 403 does not. */
@ApiTags('broker')
@Controller('broker/mosquitto')
@RawResponse()
export class GoAuthController {
  constructor(private readonly authority: BrokerAuthority) {}

  @Post('user')
  @BrokerHook()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'May this client of a Mosquitto connect?' })
  @ApiRaw(goAuthAnswerSchema, { example: ALLOWED })
  @ApiRaw(goAuthAnswerSchema, { status: HttpStatus.FORBIDDEN, description: 'It may not', example: DENIED })
  async user(
    @Body({ schema: goAuthUserSchema }) { clientid: clientId = '', username, password }: GoAuthUser,
    @Res({ passthrough: true }) response: Response,
  ): Promise<GoAuthAnswer> {
    const { decision } = await this.authority.authenticate({ clientId, username, password });
    return answer(decision, response);
  }

  @Post('superuser')
  @BrokerHook()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'May this client of a Mosquitto do anything? Nobody may.' })
  @ApiRaw(goAuthAnswerSchema, { status: HttpStatus.FORBIDDEN, description: 'Nobody may', example: DENIED })
  superuser(
    @Body({ schema: goAuthUserSchema }) _question: GoAuthUser,
    @Res({ passthrough: true }) response: Response,
  ): GoAuthAnswer {
    return answer('deny', response);
  }

  @Post('acl')
  @BrokerHook()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'May this client of a Mosquitto use this topic?' })
  @ApiRaw(goAuthAnswerSchema, { example: ALLOWED })
  @ApiRaw(goAuthAnswerSchema, { status: HttpStatus.FORBIDDEN, description: 'It may not', example: DENIED })
  async acl(
    @Body({ schema: goAuthAclSchema }) { username, topic, acc }: GoAuthAcl,
    @Res({ passthrough: true }) response: Response,
  ): Promise<GoAuthAnswer> {
    const action = acc === undefined ? undefined : ACTIONS[acc];
    if (topic === undefined || action === undefined) return answer('deny', response);
    return answer(await this.authority.authorize(username, topic, action), response);
  }
}

function answer(decision: BrokerDecision, response: Response): GoAuthAnswer {
  if (decision === 'allow') return ALLOWED;
  response.status(HttpStatus.FORBIDDEN);
  return DENIED;
}
