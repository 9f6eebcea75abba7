import type { Server } from 'node:http';
import { type INestApplication, Logger } from '@nestjs/common';

/** Answers in progress may take this long; the batch in hand waits behind them. */
const HTTP_GRACE_MS = 3_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Ends the process in an orderly way on a signal: no new requests, 3 s for those in progress, the batch in hand is finished and acknowledged,
 * sockets and the database are closed. After `timeoutSeconds`, or on a second signal, it ends as it is; what was not
 * acknowledged is delivered again.
 */
export function shutDownOnSignal(app: INestApplication, timeoutSeconds: number): void {
  const logger = new Logger('Shutdown');
  let closing = false;
  const shutDown = (signal: NodeJS.Signals): void => {
    if (closing) {
      logger.warn(`${signal} again: ending at once`);
      process.exit(1);
    }
    closing = true;
    logger.log(`${signal}: shutting down`);
    setTimeout(() => {
      logger.error(`not finished after ${timeoutSeconds} s: ending as it is`);
      process.exit(1);
    }, timeoutSeconds * 1000).unref();
    const server = app.getHttpServer() as Server;
    setTimeout(() => server.closeAllConnections(), HTTP_GRACE_MS).unref();
    app.close().then(
      () => {
        logger.log('shut down');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'shutdown failed');
        process.exit(1);
      },
    );
  };
  for (const signal of SIGNALS) process.on(signal, shutDown);
}

/** A state that nobody foresaw is not worked on: it is logged, and whoever supervises the process starts it again. */
export function exitOnDefect(): void {
  const logger = new Logger('Process');
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'uncaught exception');
    process.exit(1);
  });
  process.on('unhandledRejection', (reason) => {
    logger.fatal({ err: reason }, 'unhandled rejection');
    process.exit(1);
  });
}
