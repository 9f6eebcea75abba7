import type { OpenAPIObject } from '@nestjs/swagger';

type PathItem = NonNullable<OpenAPIObject['paths'][string]>;
type Operation = NonNullable<PathItem['get']>;
type Headers = NonNullable<NonNullable<OpenAPIObject['components']>['headers']>;

/** Which limit an operation is counted under; the decorator of a route says it where the default is not right. */
export const RATE_CLASS_EXTENSION = 'x-rate-limit-class';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

const HEADERS: Headers = {
  RateLimit: {
    description: 'What is left (`r`) and for how many seconds (`t`), of the limit that the request was counted under',
    schema: { type: 'string' },
    example: '"read";r=5999;t=60',
  },
  RateLimitPolicy: {
    description: 'That limit: so many requests (`q`) in so many seconds (`w`)',
    schema: { type: 'string' },
    example: '"read";q=6000;w=60',
  },
  RetryAfter: { description: 'Seconds until another try makes sense', schema: { type: 'integer' }, example: 42 },
};

const LIMITS = {
  RateLimit: { $ref: '#/components/headers/RateLimit' },
  'RateLimit-Policy': { $ref: '#/components/headers/RateLimitPolicy' },
};
const RETRY = { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } };

/** Documents the headers of rate limits, and under which limit each operation is counted. */
export function addRateLimitHeaders(document: OpenAPIObject): OpenAPIObject {
  document.components = { ...document.components, headers: { ...document.components?.headers, ...HEADERS } };
  addHeaders(document.components.responses?.['Problem429'], { ...LIMITS, ...RETRY });
  addHeaders(document.components.responses?.['Problem503'], RETRY);
  for (const item of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation: (Operation & { [RATE_CLASS_EXTENSION]?: string }) | undefined = item?.[method];
      if (operation === undefined) continue;
      const rateClass = (operation[RATE_CLASS_EXTENSION] ??= defaultClass(operation, method));
      if (rateClass !== 'none') addToSuccesses(operation);
    }
  }
  return document;
}

function defaultClass({ security = [] }: Operation, method: string): string {
  const schemes = security.flatMap((scheme) => Object.keys(scheme));
  if (schemes.length === 0) return 'public';
  if (schemes.includes('brokerHook')) return 'none';
  if (!schemes.includes('bearer')) return 'ingest';
  return method === 'get' ? 'read' : 'write';
}

function addToSuccesses({ responses }: Operation): void {
  for (const [status, response] of Object.entries(responses)) if (/^2/.test(status)) addHeaders(response, LIMITS);
}

function addHeaders(response: object | undefined, headers: Headers): void {
  if (response === undefined || '$ref' in response) return;
  const described = response as { headers?: Headers };
  described.headers = { ...described.headers, ...headers };
}
