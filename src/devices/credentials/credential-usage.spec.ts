import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../common/clock.js';
import type { SqlDialect } from '../../database/dialects/sql-dialect.js';
import type { Transactions } from '../../database/transaction.js';
import { CredentialUsage } from './credential-usage.js';

/** A database that takes no statement of more parameters than PostgreSQL does; `failures` statements fail first. */
function setUp(failures = 0) {
  const written: unknown[] = [];
  const query = (_: string, [, ...ids]: unknown[]) => {
    if (ids.length >= 65_535) return Promise.reject(new Error('too many parameters'));
    if (failures-- > 0) return Promise.reject(new Error('the database is away'));
    written.push(...ids);
    return Promise.resolve();
  };
  const dialect = { instant: String } as unknown as SqlDialect;
  const usage = new CredentialUsage({ query } as unknown as Transactions, dialect, new SystemClock());
  return { usage, written };
}

describe('CredentialUsage', () => {
  beforeEach(() => Logger.overrideLogger(false));
  afterEach(() => Logger.overrideLogger(true));

  it('writes however many were used', async () => {
    const { usage, written } = setUp();
    for (let i = 0; i < 70_000; i++) usage.note(`id-${i}`, null);
    await usage.flush();
    expect(new Set(written).size).toBe(70_000);
  });

  it('writes at the next use what could not be written, and nothing twice within a minute', async () => {
    const { usage, written } = setUp(1);
    usage.note('one', null);
    await usage.flush();
    expect(written).toEqual([]);
    usage.note('one', null);
    const flushed = usage.flush();
    usage.note('one', null);
    await flushed;
    await usage.flush();
    usage.note('one', null);
    await usage.flush();
    expect(written).toEqual(['one']);
  });
});
