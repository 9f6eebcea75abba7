import { Body, Controller, HttpCode, Post, Req, type RawBodyRequest } from '@nestjs/common';
import { ApiBody, ApiTags, type ApiBodyOptions } from '@nestjs/swagger';
import type { Request } from 'express';
import { z } from 'zod';
import { DeviceAccess } from '../auth/access.decorators.js';
import { Clock } from '../common/clock.js';
import { ApiData } from '../common/openapi/api-data.decorator.js';
import { ValidationError } from '../common/errors/errors.js';
import { currentActor } from '../common/request-context/request-context.js';
import { toIngestionAnswer, type IngestionAnswer } from './ingestion.mapper.js';
import { IngestionService } from './ingestion.service.js';
import { ingestionAnswerSchema, readingBodySchema } from './reading-set.schema.js';
import { readJson } from './payload-reader.js';

const ANSWER_EXAMPLE = {
  accepted: 2,
  duplicates: 0,
  rejected: [
    {
      index: 0,
      metric: 'salinity',
      instant: '2026-03-01T06:15:00.000Z',
      code: 'UNKNOWN_METRIC',
      reason: 'the device has no such sensor',
    },
  ],
};

/** Only documented, not enforced as a whole: each value gets its own verdict. */
const READINGS_BODY: ApiBodyOptions = {
  schema: z.toJSONSchema(readingBodySchema, { target: 'draft-2020-12', io: 'input' }) as unknown as Extract<
    ApiBodyOptions,
    { schema: unknown }
  >['schema'],
};

/** Readings by HTTP: the same payloads as by MQTT, answered when they are committed. */
@ApiTags('Readings')
@Controller('readings')
export class ReadingsHttpController {
  constructor(
    private readonly ingestion: IngestionService,
    private readonly clock: Clock,
  ) {}

  /** Stores one reading set, a list of them or a SenML pack; what is not valid is set aside, the rest is stored. */
  @Post()
  @HttpCode(201)
  @DeviceAccess()
  @ApiBody(READINGS_BODY)
  @ApiData(ingestionAnswerSchema, { status: 201, description: 'Committed', example: ANSWER_EXAMPLE })
  async take(@Body() body: unknown, @Req() request: RawBodyRequest<Request>): Promise<IngestionAnswer> {
    const receivedAt = this.clock.nowMs();
    const message = readJson(body, receivedAt);
    const tooMany = message.rejections.find(({ code }) => code === 'TOO_MANY_VALUES');
    if (tooMany) throw new ValidationError([], tooMany.code, tooMany.reason);
    const payload = request.rawBody ?? Buffer.alloc(0);
    const deviceId = currentActor()!.id;
    const [result] = await this.ingestion.ingest([{ ...message, deviceId, source: 'http', receivedAt, payload }]);
    return toIngestionAnswer(result!);
  }
}
