import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { CliError } from './cli-error.js';

const TIMEOUT_MS = 120_000;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
/** What goes wrong with certificates does not get better by trying again. */
const TLS_ERROR = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/;

/** A request to the API. */
export interface HttpRequest {
  readonly method: string;
  /** Below the prefix of the API, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** What came back. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The installation could not be reached, or its answer was lost on the way. */
export class NetworkError extends CliError {
  /** @param permanent trying again is no use */
  constructor(
    message: string,
    readonly permanent: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'NetworkError';
  }
}

/**
 * Speaks HTTP to one installation over connections that stay open. Not by `fetch`, which takes no authority of its own
 * without a further package.
 */
export class HttpClient {
  private readonly agent: HttpAgent;
  private readonly base: URL;

  /**
   * @param url of the installation, with or without `/api/v1`
   * @param ca certificates (PEM) of a private authority, trusted besides those of the machine
   * @throws CliError for an address that is none, or one that would carry secrets in the clear
   */
  constructor(url: string, { ca, plainHttp = false }: { ca?: readonly string[]; plainHttp?: boolean } = {}) {
    this.base = baseOf(url, plainHttp);
    const options = { keepAlive: true, maxSockets: 16 };
    this.agent =
      this.base.protocol === 'https:'
        ? new HttpsAgent({ ...options, minVersion: 'TLSv1.2', ...(ca && { ca: [...ca] }) })
        : new HttpAgent(options);
  }

  /** Of the installation, without the prefix of its API and without a slash at its end. */
  get url(): string {
    return this.base.href.replace(/\/$/, '');
  }

  /** @throws NetworkError */
  send({ method, path, headers, body }: HttpRequest): Promise<HttpAnswer> {
    const start = this.base.protocol === 'https:' ? httpsRequest : httpRequest;
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(networkError(error, this.url));
      const options = { method, agent: this.agent, headers: { accept: 'application/json', ...headers, ...length } };
      const request = start(`${this.url}/api/v1${path}`, options, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.once('error', fail);
        response.once('close', () => {
          if (!response.complete) fail(new Error('the answer broke off'));
          else {
            const text = Buffer.concat(parts).toString('utf8');
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
          }
        });
      });
      request.setTimeout(TIMEOUT_MS, () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
      request.once('error', fail);
      request.end(body);
    });
  }

  /** Closes the connections. */
  close(): void {
    this.agent.destroy();
  }
}

function baseOf(text: string, plainHttp: boolean): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new CliError(`"${text}" is no address; it looks like https://hydroalert.example.`);
  }
  if (url.username !== '' || url.search !== '' || url.hash !== '' || !/^https?:$/.test(url.protocol)) {
    throw new CliError('The address of the installation is http(s)://host[:port][/path] and nothing more.');
  }
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname) && !plainHttp) {
    throw new CliError(`${url.origin} would carry tokens and keys in the clear: use https, or say --plain-http.`);
  }
  url.pathname = url.pathname.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
  return url;
}

function networkError(error: Error & { code?: string }, url: string): NetworkError {
  const code = error.code ?? '';
  const permanent = TLS_ERROR.test(code);
  const advice = permanent ? ' (a private authority is named by --ca-file)' : '';
  return new NetworkError(`${url}: ${error.message || code}${advice}`, permanent, { cause: error });
}
