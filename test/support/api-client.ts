/** What the API answered. */
export interface ApiAnswer<T = unknown> {
  readonly status: number;
  readonly type: string | null;
  /** `data` of a success. */
  readonly data: T;
  /** `code` of a problem. */
  readonly code: string | undefined;
  readonly body: Record<string, unknown>;
}

/** A program that talks to the HTTP API, as somebody who signed in or as nobody. */
export class ApiClient {
  constructor(
    private readonly url: string,
    readonly token?: string,
  ) {}

  /** @throws Error when the address or the password is refused */
  static async signIn(url: string, account: { email: string; password: string }): Promise<ApiClient> {
    const { accessToken } = await new ApiClient(url).post<{ accessToken: string }>('/auth/login', account, 200);
    return new ApiClient(url, accessToken);
  }

  /** Answers `data`. @throws Error for anything but success */
  get<T>(path: string): Promise<T> {
    return this.expect<T>(200, 'GET', path);
  }

  /** Answers `data`; `status` is the expected one. @throws Error for another */
  post<T>(path: string, body: unknown = {}, status = 201): Promise<T> {
    return this.expect<T>(status, 'POST', path, body);
  }

  /** Sends a request with a JSON body, or with raw bytes and headers of their own. */
  async call<T = unknown>(
    method: string,
    path: string,
    { body, headers }: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<ApiAnswer<T>> {
    const raw = body === undefined || Buffer.isBuffer(body);
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: raw ? ((body as Buffer<ArrayBuffer> | undefined) ?? null) : JSON.stringify(body),
    });
    const text = await response.text();
    const json = (text === '' ? {} : JSON.parse(text)) as { data?: T; code?: string };
    const type = response.headers.get('content-type');
    return { status: response.status, type, data: json.data as T, code: json.code, body: { ...json } };
  }

  private async expect<T>(status: number, method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.call<T>(method, path, { body });
    if (answer.status === status) return answer.data;
    throw new Error(`${method} ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }
}
