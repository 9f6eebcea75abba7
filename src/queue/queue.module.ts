import { BullModule } from '@nestjs/bull';
import { type DynamicModule, Module } from '@nestjs/common';
import type { JobOptions } from 'bull';
import { AppConfig } from '../config/app-config.js';
import { MaintenanceScheduler } from './maintenance-scheduler.js';
import { QUEUES } from './queues.js';

/** A failed job is tried again, later and later; finished ones are kept for a look and then go. */
const JOB_OPTIONS: JobOptions = {
  attempts: 5,
  backoff: { type: 'exponential', delay: 10_000 },
  removeOnComplete: 100,
  removeOnFail: 500,
};

/** Job queues on Redis (Bull), for processes that do jobs. */
@Module({})
export class QueueModule {
  static forRoot({ redis }: AppConfig): DynamicModule {
    const connection = redis.url.startsWith('/') ? { redis: { path: redis.url } } : { url: redis.url };
    const queue = BullModule.registerQueue({ name: QUEUES.maintenance });
    return {
      module: QueueModule,
      global: true,
      imports: [
        BullModule.forRoot({ ...connection, prefix: `${redis.keyPrefix}bull`, defaultJobOptions: JOB_OPTIONS }),
        queue,
      ],
      providers: [MaintenanceScheduler],
      exports: [queue],
    };
  }
}
