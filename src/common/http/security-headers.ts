import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** The pages that we serve load nothing from elsewhere and run no inline script; `'self'` covers the WebSocket. */
const DIRECTIVES = {
  'default-src': ["'self'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'frame-ancestors': ["'none'"],
  // A plain HTTP installation in a local network has to keep working.
  'upgrade-insecure-requests': null,
};

/** Other hosts of the same domain are none of our business. */
const SHARED = { frameguard: { action: 'deny' }, strictTransportSecurity: { includeSubDomains: false } } as const;

/** Security headers for the API and our own pages. */
export function securityHeaders(): RequestHandler {
  return helmet({ ...SHARED, contentSecurityPolicy: { directives: DIRECTIVES } });
}

/** The same for the API documentation, whose page brings its styles inline. */
export function documentationHeaders(): RequestHandler {
  const directives = { ...DIRECTIVES, 'style-src': ["'self'", "'unsafe-inline'"] };
  return helmet({ ...SHARED, contentSecurityPolicy: { directives } });
}
