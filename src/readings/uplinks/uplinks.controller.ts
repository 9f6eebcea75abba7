import { Body, Controller, HttpCode, HttpStatus, Post, Query, Req, type RawBodyRequest } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { z } from 'zod';
import { UplinkAccess } from '../../auth/access.decorators.js';
import type { AuthenticatedUplinkSource } from '../../auth/uplink-authenticator.js';
import { CurrentUplinkSource } from '../../auth/uplink-door.js';
import { Clock } from '../../common/clock.js';
import { BadRequestError } from '../../common/errors/errors.js';
import { ApiData } from '../../common/openapi/api-data.decorator.js';
import { ApiJsonBody } from '../../common/openapi/api-json-body.decorator.js';
import { UplinkIntakeService } from './uplink-intake.service.js';
import {
  CHIRPSTACK_EXAMPLE,
  TTS_EXAMPLE,
  UPLINK_ANSWER_EXAMPLE,
  uplinkAnswerSchema,
  uplinkQuerySchema,
  type UplinkAnswer,
  type UplinkQuery,
} from './uplink.schemas.js';

/** Only documented: network servers send far more than is read, and each version something else. */
const chirpstackBodySchema = z.looseObject({}).meta({ id: 'ChirpstackEvent' });
const ttsBodySchema = z.looseObject({}).meta({ id: 'TheThingsStackMessage' });

/** Webhooks of LoRaWAN network servers. */
@ApiTags('uplinks')
@Controller('uplinks')
export class UplinksController {
  constructor(
    private readonly intake: UplinkIntakeService,
    private readonly clock: Clock,
  ) {}

  @Post('chirpstack')
  @HttpCode(HttpStatus.OK)
  @UplinkAccess()
  @ApiOperation({ summary: 'Events of ChirpStack v4 (HTTP integration, JSON)' })
  @ApiJsonBody(chirpstackBodySchema, { 'an uplink': CHIRPSTACK_EXAMPLE })
  @ApiData(uplinkAnswerSchema, { example: UPLINK_ANSWER_EXAMPLE })
  chirpstack(
    @Body() body: unknown,
    @Query({ schema: uplinkQuerySchema }) { event }: UplinkQuery,
    @Req() request: RawBodyRequest<Request>,
    @CurrentUplinkSource() source: AuthenticatedUplinkSource,
  ): Promise<UplinkAnswer> {
    return this.take('chirpstack', event, body, request, source);
  }

  @Post('tts')
  @HttpCode(HttpStatus.OK)
  @UplinkAccess()
  @ApiOperation({ summary: 'Messages of The Things Stack v3 (webhook, JSON)' })
  @ApiJsonBody(ttsBodySchema, { 'an uplink': TTS_EXAMPLE })
  @ApiData(uplinkAnswerSchema, { example: UPLINK_ANSWER_EXAMPLE })
  tts(
    @Body() body: unknown,
    @Req() request: RawBodyRequest<Request>,
    @CurrentUplinkSource() source: AuthenticatedUplinkSource,
  ): Promise<UplinkAnswer> {
    return this.take('tts', undefined, body, request, source);
  }

  private take(
    kind: 'chirpstack' | 'tts',
    event: string | undefined,
    body: unknown,
    { rawBody: payload }: RawBodyRequest<Request>,
    source: AuthenticatedUplinkSource,
  ): Promise<UplinkAnswer> {
    // Without a body Express hands over an empty object.
    if (!payload?.length) throw new BadRequestError('MALFORMED_BODY', 'The body is empty.');
    return this.intake.take({ source, kind, event, body, payload, receivedAt: this.clock.nowMs() });
  }
}
