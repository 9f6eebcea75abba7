import { Body, Controller, HttpCode, Post, Req, type RawBodyRequest } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { DeviceAccess } from '../auth/access.decorators.js';
import { CurrentDevice } from '../auth/current-user.decorator.js';
import type { AuthenticatedDevice } from '../auth/device-authenticator.js';
import { Clock } from '../common/clock.js';
import { ApiJsonBody } from '../common/openapi/api-json-body.decorator.js';
import { ApiData } from '../common/openapi/api-data.decorator.js';
import { BadRequestError, ValidationError } from '../common/errors/errors.js';
import { signatureReplayed } from '../devices/signatures/signature.errors.js';
import { DeviceRegistry } from '../devices/device-registry.js';
import { readJsonOf } from './decoding/decode.js';
import { toIngestionAnswer, type IngestionAnswer } from './ingestion.mapper.js';
import { IngestionService } from './ingestion.service.js';
import { ingestionAnswerSchema, readingBodySchema } from './reading-set.schema.js';

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
const BODY_EXAMPLES = {
  'one reading set': { timestamp: '2026-03-01T06:15:00.000Z', values: { water_level_cm: 245.5, rainfall_mm: 0.4 } },
  'metrics at the top level': { water_level_cm: 245.5, rainfall_mm: 0.4 },
  'a list of sets': [{ timestamp: 1_772_345_700, values: { water_level_cm: 245.5 } }],
  'SenML (RFC 8428)': [{ bn: 'gauge:', bt: 1_772_345_700, n: 'water_level_cm', v: 245.5 }],
};

/** Readings by HTTP: the same payloads as by MQTT, answered when they are committed. */
@ApiTags('Readings')
@Controller('readings')
export class ReadingsHttpController {
  constructor(
    private readonly ingestion: IngestionService,
    private readonly registry: DeviceRegistry,
    private readonly clock: Clock,
  ) {}

  /** Stores one reading set, a list of them or a SenML pack; what is not valid is set aside, the rest is stored. */
  @Post()
  @HttpCode(201)
  @DeviceAccess()
  @ApiOperation({ summary: 'Store readings' })
  @ApiJsonBody(readingBodySchema, BODY_EXAMPLES)
  @ApiData(ingestionAnswerSchema, { status: 201, description: 'Committed', example: ANSWER_EXAMPLE })
  async take(
    @Body() body: unknown,
    @Req() request: RawBodyRequest<Request>,
    @CurrentDevice() { deviceId, signed }: AuthenticatedDevice,
  ): Promise<IngestionAnswer> {
    const payload = request.rawBody;
    // Without a body Express hands over an empty object.
    if (!payload?.length) throw new BadRequestError('MALFORMED_BODY', 'The body is empty.');
    const receivedAt = this.clock.nowMs();
    const device = (await this.registry.resolve([deviceId])).get(deviceId);
    const message = readJsonOf(device, body, receivedAt);
    const tooMany = message.rejections.find(({ code }) => code === 'TOO_MANY_VALUES');
    if (tooMany) throw new ValidationError([], tooMany.code, tooMany.reason);
    const [result] = await this.ingestion.ingest([
      { ...message, deviceId, source: 'http', receivedAt, payload, signed },
    ]);
    if (result!.rejected.some(({ code }) => code === 'SIGNATURE_REPLAYED')) throw signatureReplayed();
    return toIngestionAnswer(result!);
  }
}
