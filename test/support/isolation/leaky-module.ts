import { EntityManager } from '@mikro-orm/core';
import { Body, Controller, type DynamicModule, Get, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import { AppModule } from '../../../src/app.module.js';
import { Public, RequirePermission, SignedIn } from '../../../src/auth/access.decorators.js';
import { RawResponse } from '../../../src/common/envelope/raw-response.decorator.js';
import { ConflictError, NotFoundError } from '../../../src/common/errors/errors.js';
import { deviceIdSchema, uuidSchema } from '../../../src/common/validation/schemas.js';
import type { AppConfig } from '../../../src/config/app-config.js';
import { Transactions } from '../../../src/database/transaction.js';
import { Device } from '../../../src/devices/device.entity.js';

const ID = { schema: deviceIdSchema };
const NOTHING = new NotFoundError('DEVICE_NOT_FOUND', 'There is no such device.');
const noteSchema = z
  .strictObject({ text: z.string(), about: z.strictObject({ sensorId: uuidSchema }).optional() })
  .meta({ example: { text: 'seen' } });
const bySensor = z.object({ sensorId: uuidSchema.optional() });
const byFormat = z.object({ format: z.enum(['json', 'csv']).default('json') });

/** Every mistake that the matrix has to see, one a route; the last routes have none. */
@Controller('leaky')
class LeakyController {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
  ) {}

  @Get('list-without-tenant')
  @RequirePermission('device:read')
  async list(): Promise<unknown> {
    return (await this.transactions.query(`select name from devices`)).rows;
  }

  @Get('open-to-all')
  @Public()
  open(): Promise<unknown> {
    return this.list();
  }

  @Get('without-filter/:deviceId')
  @RequirePermission('device:read')
  async get(@Param('deviceId', ID) id: string): Promise<unknown> {
    const device = await this.em.fork().findOne(Device, { id }, { filters: { tenant: false } });
    if (!device) throw NOTHING;
    return { status: device.status };
  }

  @Get('tells-apart/:deviceId')
  @RequirePermission('device:read')
  async tellsApart(@Param('deviceId', ID) id: string): Promise<unknown> {
    if (!(await this.em.fork().findOne(Device, { id }, { filters: { tenant: false } }))) throw NOTHING;
    throw new NotFoundError('DEVICE_OF_ANOTHER', 'There is no such device.');
  }

  @Patch('changes-silently/:deviceId')
  @RequirePermission('device:write')
  async change(@Param('deviceId', ID) id: string): Promise<unknown> {
    await this.transactions.query(`update devices set name = 'changed' where id = ?`, [id]);
    throw NOTHING;
  }

  @Get('search-without-tenant')
  @RequirePermission('device:read')
  async search(@Query({ schema: bySensor }) query: z.infer<typeof bySensor>): Promise<unknown> {
    const { sensorId = '00000000-0000-0000-0000-000000000000' } = query;
    return (await this.transactions.query(`select name from sensors where id = ?`, [sensorId])).rows;
  }

  @Post('takes-foreign-ids')
  @RequirePermission('device:write')
  note(@Body({ schema: noteSchema }) _note: z.infer<typeof noteSchema>): unknown {
    return {};
  }

  @Post('conflicts')
  @RequirePermission('device:write')
  async conflict(@Body({ schema: noteSchema }) note: z.infer<typeof noteSchema>): Promise<unknown> {
    const { rows } = await this.transactions.query(`select 1 from sensors where id = ?`, [
      note.about?.sensorId ?? null,
    ]);
    if (rows.length > 0) throw new ConflictError('SENSOR_IN_USE', 'In use.');
    throw NOTHING;
  }

  @Get('export-without-tenant')
  @RequirePermission('device:read')
  @RawResponse()
  async export(@Query({ schema: byFormat }) { format }: z.infer<typeof byFormat>, @Res() response: Response) {
    const { rows } = await this.transactions.query<{ name: string }>(`select name from sensors`);
    if (format === 'json') return void response.json([]);
    response.type('text/csv').send(rows.map(({ name }) => name).join('\n'));
  }

  @Get('unknown/:gadgetId')
  @RequirePermission('device:read')
  unknown(@Param('gadgetId', ID) _id: string): unknown {
    throw NOTHING;
  }

  @Post('without-example')
  @RequirePermission('device:write')
  withoutExample(@Body({ schema: bySensor }) _body: z.infer<typeof bySensor>): unknown {
    throw NOTHING;
  }

  @Patch('without-permission/:deviceId')
  @SignedIn()
  async withoutPermission(@Param('deviceId', ID) id: string): Promise<unknown> {
    const device = await this.em.fork().findOne(Device, { id });
    if (!device) throw NOTHING;
    await this.transactions.query(`update devices set name = 'by a guest' where id = ?`, [id]);
    return {};
  }

  @Get('right/:deviceId')
  @RequirePermission('device:read')
  async right(@Param('deviceId', ID) id: string): Promise<unknown> {
    const device = await this.em.fork().findOne(Device, { id });
    if (!device) throw NOTHING;
    return { name: device.name };
  }

  @Get('right')
  @RequirePermission('device:read')
  async rightList(): Promise<unknown> {
    return (await this.em.fork().find(Device, {})).map(({ name }) => name);
  }
}

/** The whole application with some routes that show what they must not. */
export class LeakyModule {
  static forRoot(config: AppConfig): DynamicModule {
    return { module: LeakyModule, imports: [AppModule.forRoot(config)], controllers: [LeakyController] };
  }
}
