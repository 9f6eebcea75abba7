import { Body, Controller, type DynamicModule, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import { ENHANCERS, foundation } from '../../src/app.module.js';
import { RawResponse } from '../../src/common/envelope/raw-response.decorator.js';
import { NotFoundError, RateLimitedError, UnavailableError } from '../../src/common/errors/errors.js';
import { ApiData, ApiPage } from '../../src/common/openapi/api-data.decorator.js';
import { ApiJsonBody } from '../../src/common/openapi/api-json-body.decorator.js';
import { type PageQuery, pageOf, pageQuerySchema, startAfter } from '../../src/common/pagination/page.js';
import { currentRequestId } from '../../src/common/request-context/request-context.js';
import { uuidSchema } from '../../src/common/validation/schemas.js';
import type { AppConfig } from '../../src/config/app-config.js';

const thingSchema = z.object({ name: z.string().min(2), values: z.array(z.number()).max(3) });
const itemSchema = z.object({ id: z.int() });
const ITEMS = [1, 2, 3, 4, 5].map((id) => ({ id }));
const FAILURES: Record<string, () => Error> = {
  missing: () => new NotFoundError('THING_NOT_FOUND', 'There is no such thing.'),
  limited: () => new RateLimitedError(7),
  away: () => new UnavailableError('DATABASE_UNAVAILABLE', 'The database is away.', 3),
  defect: () => new Error('select password from users'),
};

/** Routes of every kind, without a word of the domain. */
@Controller('things')
class ThingsController {
  @Post()
  @ApiData(thingSchema, { status: 201, example: { name: 'gauge', values: [1] } })
  create(@Body({ schema: thingSchema }) thing: z.infer<typeof thingSchema>): unknown {
    return { ...thing, contextId: currentRequestId() };
  }

  @Post('check')
  @HttpCode(200)
  @ApiJsonBody(thingSchema.meta({ id: 'Thing' }), { 'a gauge': { name: 'gauge', values: [] } })
  check(@Body() _body: unknown): unknown {
    return null;
  }

  @Get()
  @ApiPage(itemSchema, { example: ITEMS })
  list(@Query({ schema: pageQuerySchema }) query: PageQuery): unknown {
    const [after] = startAfter(query, z.tuple([z.int()])) ?? [0];
    return pageOf(ITEMS.filter(({ id }) => id > after).slice(0, query.limit + 1), query.limit, ({ id }) => [id]);
  }

  @Get('raw')
  @RawResponse()
  raw(): unknown {
    return { bare: true };
  }

  @Get('fail/:how')
  fail(@Param('how') how: string, @Query('token') _token?: string): unknown {
    throw FAILURES[how]?.() ?? new Error('unknown');
  }

  @Get('half')
  half(@Res() response: Response): void {
    response.write('begun');
    throw new Error('too late');
  }

  @Get(':id')
  get(@Param('id', { schema: uuidSchema }) id: string): unknown {
    return { id };
  }
}

/** What lies below the rooms, with nothing on it but a few routes. */
export class ThingsModule {
  static forRoot(config: AppConfig): DynamicModule {
    return { module: ThingsModule, imports: foundation(config), controllers: [ThingsController], providers: ENHANCERS };
  }
}
