import { InjectQueue } from '@nestjs/bull';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { Queue } from 'bull';
import { MAINTENANCE_SCHEDULE, QUEUES } from './queues.js';

/** Brings the schedule in Redis in line with the one in code: what is gone or changed there is removed first. */
@Injectable()
export class MaintenanceScheduler implements OnApplicationBootstrap {
  private readonly logger = new Logger(MaintenanceScheduler.name);

  constructor(@InjectQueue(QUEUES.maintenance) private readonly queue: Queue) {}

  /**
   * Does not wait: without Redis the application starts all the same, and the schedule follows when it is there.
   * @throws Error for a job without a handler: it would fail every time, and nobody would look
   */
  onApplicationBootstrap(): void {
    const { handlers } = this.queue as Queue & { readonly handlers: Readonly<Record<string, unknown>> };
    const orphans = Object.keys(MAINTENANCE_SCHEDULE).filter((name) => handlers[name] === undefined);
    if (orphans.length > 0) throw new Error(`no handler for these jobs: ${orphans.join(', ')}`);
    this.synchronise().catch((error: unknown) => this.logger.warn(`jobs are not scheduled: ${String(error)}`));
  }

  private async synchronise(): Promise<void> {
    const wanted = new Map<string, string>(Object.entries(MAINTENANCE_SCHEDULE));
    for (const { name, cron, key } of await this.queue.getRepeatableJobs()) {
      if (wanted.get(name) === cron) wanted.delete(name);
      else await this.queue.removeRepeatableByKey(key);
    }
    for (const [name, cron] of wanted) await this.queue.add(name, {}, { repeat: { cron, tz: 'UTC' } });
  }
}
