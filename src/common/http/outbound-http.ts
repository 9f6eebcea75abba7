import { lookup as resolve, type LookupAddress } from 'node:dns';
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { z } from 'zod';
import { UnavailableError, ValidationError } from '../errors/errors.js';
import { OutboundNetworks } from './outbound-networks.js';

const MAX_URL_LENGTH = 2_048;
const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** A receiver that is away is tried again by whoever called, at a time of their own. */
const RETRY_SECONDS = 60;

/** A URL that a user may give for the platform to call; where it leads is checked at every call. */
export const outboundUrlSchema = z
  .string()
  .max(MAX_URL_LENGTH)
  .refine((text) => isCallable(text), 'must be an http:// or https:// URL without user name, password and fragment')
  .describe('Called by the platform; its host has to be public, or in a network that the installation allows');

/** What to send. */
export interface OutboundRequest {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** For all of it: name, connection, answer. Default: 10 s. */
  readonly timeoutMs?: number;
  /** Default: 64 KiB. */
  readonly maxAnswerBytes?: number;
}

/** What came back, also a redirection, which is not followed. */
export interface OutboundAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Calls URLs that users gave, and nothing inside of the installation's own networks (server-side request forgery). A name
 * is resolved once, for the very connection that is made, and none of its addresses may be a refused one, so that a name
 * cannot lead elsewhere after it was checked. Redirections are not followed, and no proxy is used.
 */
export class OutboundHttp {
  constructor(private readonly networks: OutboundNetworks = new OutboundNetworks()) {}

  /**
   * Sends one request.
   * @throws ValidationError `OUTBOUND_REFUSED` for a URL that may not be called
   * @throws UnavailableError `OUTBOUND_FAILED` when there is no answer in time, or more of it than is taken
   */
  async send(url: string, options: OutboundRequest = {}): Promise<OutboundAnswer> {
    if (!isCallable(url)) throw refused();
    const target = new URL(url);
    const literal = target.hostname.replace(/^\[|\]$/g, '');
    if (isIP(literal) !== 0 && !this.networks.permits(literal)) throw refused();
    try {
      return await this.exchange(target, options);
    } catch (error) {
      if (error instanceof ValidationError) throw error;
      throw new UnavailableError('OUTBOUND_FAILED', 'The called address did not answer as it should.', RETRY_SECONDS, {
        cause: error,
      });
    }
  }

  private exchange(target: URL, options: OutboundRequest): Promise<OutboundAnswer> {
    const { method = 'POST', headers = {}, body, timeoutMs = TIMEOUT_MS } = options;
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    return new Promise((resolveAnswer, reject) => {
      const send = target.protocol === 'https:' ? requestHttps : requestHttp;
      const request = send(target, {
        method,
        headers: { 'user-agent': 'HydroAlert', 'accept-encoding': 'identity', ...headers, ...length },
        // A connection of its own: none that is kept could have been made under other rules.
        agent: false,
        lookup: this.lookup,
        signal: AbortSignal.timeout(timeoutMs),
      });
      this.checkPeer(request);
      request.on('error', reject);
      request.on('response', (response) => {
        readAnswer(response, options.maxAnswerBytes ?? MAX_ANSWER_BYTES).then(resolveAnswer, reject);
      });
      request.end(body);
    });
  }

  /** Where the connection really ended, whoever resolved the name. */
  private checkPeer(request: ClientRequest): void {
    request.once('socket', (socket) => {
      socket.once('connect', () => {
        if (!this.networks.permits(socket.remoteAddress ?? '')) request.destroy(refused());
      });
    });
  }

  /** Resolves a name for a connection; one refused address among others refuses the name. */
  private readonly lookup: LookupFunction = (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, []);
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => this.networks.permits(address))) return callback(refused(), []);
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}

async function readAnswer(response: IncomingMessage, maxBytes: number): Promise<OutboundAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}

function isCallable(text: string): boolean {
  if (text.length > MAX_URL_LENGTH || !URL.canParse(text)) return false;
  const { protocol, username, password, hash, hostname } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '' && hash === '' && hostname !== '';
}

/** The same for every reason: whoever gives a URL must not learn from it what stands in our networks. */
function refused(): ValidationError {
  return new ValidationError([], 'OUTBOUND_REFUSED', 'This URL may not be called from here.');
}
