/** How the names of fields end whose values never leave the process (`password`, `accessToken`). */
const SECRET_NAME =
  /(authorization|cookies?|set-cookie|passw(or)?d|passphrase|secrets?|tokens?|jwt|api[-_]?keys?|private[-_]?key(pem)?|encryption[-_]?key|hmac|credentials?|signature|nonce|database[-_]?url|redis[-_]?url|mqtt[-_]?url)$/i;

const MASK = '[redacted]';
const MAX_DEPTH = 6;
const MAX_ITEMS = 50;

/** What secrets look like inside of free text: passwords in URLs, bearer tokens, JWTs, password hashes. */
const SECRETS_IN_TEXT: readonly (readonly [RegExp, string])[] = [
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/]*@/gi, `$1:${MASK}@`],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${MASK}`],
  [/\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, MASK],
  [/\$argon2[a-z]*\$[^\s'",)]+/g, MASK],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g, MASK],
];

/** Masks what looks like a secret in a piece of text. */
export function redactText(text: string): string {
  return SECRETS_IN_TEXT.reduce((masked, [pattern, replacement]) => masked.replace(pattern, replacement), text);
}

/**
 * A copy of a value for the log, in which fields with a secret's name and secrets in texts are masked, at any depth.
 * Deep values are cut at 6 levels and long lists at 50 items, so that no log line grows without bound.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value;
  if (value instanceof Error) return describeError(value, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= MAX_DEPTH) return '[…]';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, SECRET_NAME.test(name) ? MASK : redact(field, depth + 1)]),
  );
}

/**
 * What a log line says about an error. Fields that libraries hang on their errors are left out, but for the codes:
 * they hold statements, parameters and request bodies.
 */
export function describeError(error: Error, depth = 0): Record<string, unknown> {
  const code = 'code' in error ? error.code : undefined;
  const inner = error instanceof AggregateError ? error.errors : undefined;
  return {
    type: error.constructor.name,
    message: redactText(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...(error.cause === undefined || depth >= MAX_DEPTH ? {} : { cause: redact(error.cause, depth + 1) }),
    ...(inner === undefined || depth >= MAX_DEPTH ? {} : { errors: redact(inner, depth + 1) }),
  };
}
