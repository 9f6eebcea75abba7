import { DefaultQueryExecutor } from 'kysely';
import { currentRequestId } from '../../src/common/request-context/request-context.js';

type Execute = (compiled: { sql: string }, ...rest: unknown[]) => unknown;

/** Counts the SQL statements of each request, of the ORM and raw ones: both go through one function of the driver. */
export class StatementCounter {
  private readonly byRequest = new Map<string, string[]>();
  private readonly prototype = Object.getPrototypeOf(DefaultQueryExecutor.prototype) as { executeQuery: Execute };
  private readonly original = this.prototype.executeQuery;

  /** Starts to count, in this process. */
  start(): void {
    const { byRequest, original } = this;
    this.prototype.executeQuery = function (this: unknown, compiled, ...rest) {
      const id = currentRequestId();
      if (id !== undefined) byRequest.set(id, [...(byRequest.get(id) ?? []), compiled.sql]);
      return original.call(this, compiled, ...rest);
    };
  }

  stop(): void {
    this.prototype.executeQuery = this.original;
  }

  /** The statements that a request has made. */
  of(requestId: string): readonly string[] {
    return this.byRequest.get(requestId) ?? [];
  }
}
