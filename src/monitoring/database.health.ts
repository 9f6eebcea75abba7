import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { HealthIndicator } from './health-indicator.js';

/** The database answers a statement. */
@Injectable()
export class DatabaseHealth extends HealthIndicator {
  readonly name = 'database';

  constructor(private readonly em: EntityManager) {
    super();
  }

  async probe(): Promise<undefined> {
    await this.em.fork().getConnection().execute('select 1');
    return undefined;
  }
}
