import type { Server } from 'node:http';
import type { RequestHandler } from 'express';
import { UrlTooLongError } from '../errors/errors.js';

/** Of all headers together, with the request line; beyond it Node answers 431 before any of our code runs. */
export const MAX_HEADER_BYTES = 16 * 1024;
const MAX_HEADERS = 100;
/** Longer than any list of filters; a cursor has 1,024 letters at most. */
export const MAX_URL_LENGTH = 8 * 1024;
/** A client that sends its headers, or its body, more slowly than this holds a connection for nothing. */
const HEADERS_TIMEOUT_MS = 30_000;
/** A mebibyte over a bad mobile link takes about a minute. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Longer than load balancers keep an idle connection (60 s), or they would use one that is being closed. */
const KEEP_ALIVE_MS = 65_000;

/** Sets what one connection may cost, before the server listens. */
export function limitServer(server: Server & { maxHeaderSize?: number }): void {
  // Read at every new connection; the declaration knows it as an option of the constructor only.
  server.maxHeaderSize = MAX_HEADER_BYTES;
  server.maxHeadersCount = MAX_HEADERS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
}

/** Refuses addresses that are longer than any of ours can be. */
export const urlLimit: RequestHandler = (request, _response, next) => {
  next(request.originalUrl.length > MAX_URL_LENGTH ? new UrlTooLongError() : undefined);
};
