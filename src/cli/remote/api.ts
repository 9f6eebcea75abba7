import type { FieldError } from '../../common/errors/domain.error.js';
import { CliError } from './cli-error.js';
import type { HttpClient, HttpRequest } from './http-client.js';
import { sendPatiently, type Delivered, type RetryPolicy } from './retries.js';

const UNAUTHORIZED = 401;

/** A refusal of the API (RFC 9457). */
export class ApiError extends CliError {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: readonly FieldError[] = [],
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/** Where access tokens come from. */
export interface TokenSource {
  /** A token that is good for now. */
  token(): Promise<string>;
  /** A token after this one was refused; undefined when there is no other. */
  renewed(refused: string): Promise<string | undefined>;
}

/** `data` of an answer, and the server's own time. */
export interface Answer<T> {
  readonly data: T;
  readonly nextCursor: string | null;
  /** Epoch milliseconds by the server's clock, to the second; undefined when it did not say. */
  readonly serverTime: number | undefined;
  /** The call may have been carried out before, with an answer that was lost. */
  readonly uncertain: boolean;
}

/** The REST API of an installation as somebody with a token: waits for it, asks again, and takes answers apart. */
export class Api {
  constructor(
    private readonly http: HttpClient,
    private readonly tokens: TokenSource,
    private readonly policy: RetryPolicy,
  ) {}

  get url(): string {
    return this.http.url;
  }

  /** @throws ApiError, NetworkError */
  get<T>(path: string): Promise<Answer<T>> {
    return this.call<T>({ method: 'GET', path });
  }

  /** @throws ApiError, NetworkError */
  post<T>(path: string, body: unknown = {}): Promise<Answer<T>> {
    const headers = { 'content-type': 'application/json' };
    return this.call<T>({ method: 'POST', path, headers, body: JSON.stringify(body) });
  }

  /** @throws ApiError, NetworkError */
  postCsv<T>(path: string, body: string): Promise<Answer<T>> {
    return this.call<T>({ method: 'POST', path, headers: { 'content-type': 'text/csv; charset=utf-8' }, body });
  }

  /** Every item of a list, page by page. */
  async *pages<T>(path: string): AsyncGenerator<T> {
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: Answer<T[]> = await this.get<T[]>(`${path}?limit=200${query}`);
      yield* page.data;
      cursor = page.nextCursor;
    } while (cursor !== null);
  }

  close(): void {
    this.http.close();
  }

  private async call<T>(request: HttpRequest): Promise<Answer<T>> {
    const token = await this.tokens.token();
    let delivered = await this.send(request, token);
    if (delivered.answer.status === UNAUTHORIZED) {
      const renewed = await this.tokens.renewed(token);
      if (renewed !== undefined) {
        const again = await this.send(request, renewed);
        delivered = { ...again, uncertain: again.uncertain || delivered.uncertain };
      }
    }
    return takeApart<T>(delivered);
  }

  private send(request: HttpRequest, token: string): Promise<Delivered> {
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    return sendPatiently(() => this.http.send({ ...request, headers }), this.policy);
  }
}

/** @throws ApiError for anything but success */
export function takeApart<T>({ answer, uncertain }: Delivered): Answer<T> {
  const { status, headers, text } = answer;
  const body = jsonOf(text);
  if (status >= 200 && status < 300 && body !== undefined) {
    const date = headers.date === undefined ? NaN : Date.parse(headers.date);
    const { data, meta } = body as { data: T; meta?: { page?: { nextCursor: string | null } } };
    return {
      data,
      nextCursor: meta?.page?.nextCursor ?? null,
      serverTime: Number.isNaN(date) ? undefined : date,
      uncertain,
    };
  }
  const { code, detail, errors } = (body ?? {}) as { code?: string; detail?: string; errors?: FieldError[] };
  const told = (errors ?? []).map(({ path, message }) => `\n  ${path}: ${message}`).join('');
  const advice = code === 'UNAUTHENTICATED' ? ' Tokens last 15 minutes; --email signs in and renews them.' : '';
  const message = code ? `${detail ?? code} (${status} ${code})${advice}${told}` : `This is no HydroAlert: ${status}.`;
  throw new ApiError(status, code ?? 'NOT_HYDROALERT', message, errors);
}

function jsonOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
