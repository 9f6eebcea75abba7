import { OptimisticLockError } from '@mikro-orm/core';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ErrorTranslation } from '../common/errors/error-translation.js';
import { ConflictError, UnavailableError } from '../common/errors/errors.js';
import { versionConflict } from '../common/versioning/version.js';
import { SqlDialect } from './dialects/sql-dialect.js';

/** Tells the error filters what the drivers' errors mean to a caller. */
@Injectable()
export class DatabaseErrors implements OnModuleInit {
  constructor(
    private readonly translation: ErrorTranslation,
    private readonly dialect: SqlDialect,
  ) {}

  onModuleInit(): void {
    this.translation.register((cause) => {
      // A deadlock that outlasted its repetitions is over sooner or later, like an absence.
      if (this.dialect.isUnavailable(cause) || this.dialect.isDeadlock(cause)) {
        return new UnavailableError('DATABASE_UNAVAILABLE', 'The database is away.', 5, { cause });
      }
      if (this.dialect.violatedKey(cause) !== null) {
        return new ConflictError('ALREADY_EXISTS', 'A record with this identity exists already.', { cause });
      }
      if (this.dialect.violatesReference(cause)) {
        return new ConflictError('IN_USE', 'Other records refer to it, or what it refers to is gone by now.', {
          cause,
        });
      }
      if (cause instanceof OptimisticLockError) return versionConflict(cause);
      return undefined;
    });
  }
}
