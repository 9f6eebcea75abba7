import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { RequirePermission } from '../auth/access.decorators.js';
import { ApiPage } from '../common/openapi/api-data.decorator.js';
import type { Page } from '../common/pagination/page.js';
import { uuidSchema } from '../common/validation/schemas.js';
import { LatestQueryService } from './query/latest-query.service.js';
import { LATEST_EXAMPLES, READING_EXAMPLES, REJECTED_EXAMPLES } from './query/reading-query.examples.js';
import { toLatestResponse, toRejectedResponse, toSeriesResponse } from './query/reading-query.mapper.js';
import {
  aggregateSchema,
  latestQuerySchema,
  latestReadingSchema,
  readingSchema,
  rejectedQuerySchema,
  rejectedReadingSchema,
  seriesQuerySchema,
  type AggregateResponse,
  type LatestQuery,
  type LatestReadingResponse,
  type ReadingResponse,
  type RejectedQuery,
  type RejectedReadingResponse,
  type SeriesQuery,
} from './query/reading-query.schemas.js';
import { RejectedQueryService } from './query/rejected-query.service.js';
import { SeriesQueryService } from './query/series-query.service.js';

/** Readings read back: series, newest values, and what was not stored. */
@ApiTags('Readings')
@Controller()
export class ReadingsQueryController {
  constructor(
    private readonly series: SeriesQueryService,
    private readonly latest: LatestQueryService,
    private readonly rejected: RejectedQueryService,
  ) {}

  @Get('sensors/:id/readings')
  @RequirePermission('reading:read')
  @ApiOperation({
    summary: 'Readings of a sensor in [from, to), one by one or per minute, hour, day or month',
    description:
      'Days and months are those of the time zone of the municipality. Aggregates leave out bad and missing readings, ' +
      'and stretches without readings.',
  })
  @ApiPage(z.union([readingSchema, aggregateSchema]), { example: READING_EXAMPLES })
  async ofSensor(
    @Param('id', { schema: uuidSchema }) id: string,
    @Query({ schema: seriesQuerySchema }) query: SeriesQuery,
  ): Promise<Page<ReadingResponse | AggregateResponse>> {
    return (await this.series.page(id, query)).map(toSeriesResponse);
  }

  @Get('readings/latest')
  @RequirePermission('reading:read')
  @ApiOperation({ summary: 'The newest reading of every sensor, thousands in one call' })
  @ApiPage(latestReadingSchema, { example: LATEST_EXAMPLES })
  async ofAllSensors(@Query({ schema: latestQuerySchema }) query: LatestQuery): Promise<Page<LatestReadingResponse>> {
    return (await this.latest.page(query)).map(toLatestResponse);
  }

  @Get('readings/rejected')
  @RequirePermission('reading:read')
  @ApiOperation({ summary: 'What was sent and not stored, and why; newest first' })
  @ApiPage(rejectedReadingSchema, { example: REJECTED_EXAMPLES })
  async notStored(
    @Query({ schema: rejectedQuerySchema }) query: RejectedQuery,
  ): Promise<Page<RejectedReadingResponse>> {
    return (await this.rejected.page(query)).map(toRejectedResponse);
  }
}
