import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** The pages that we serve load nothing from elsewhere and run no inline script; `'self'` covers the WebSocket. */
const DIRECTIVES = {
  'default-src': ["'self'"],
  'script-src': ["'self'"],
  'script-src-attr': ["'none'"],
  'style-src': ["'self'"],
  'font-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
  // A plain HTTP installation in a local network has to keep working.
  'upgrade-insecure-requests': null,
};

/** Other hosts of the same domain are none of our business. */
const SHARED = {
  frameguard: { action: 'deny' },
  strictTransportSecurity: { includeSubDomains: false },
  crossOriginOpenerPolicy: { policy: 'same-origin' },
  crossOriginResourcePolicy: { policy: 'same-origin' },
  referrerPolicy: { policy: 'no-referrer' },
} as const;

/** What our pages may ask of the device that shows them: where somebody stands, and a photo, for a report. */
const PERMISSIONS = 'camera=(self), geolocation=(self), microphone=(), payment=(), usb=(), display-capture=()';

/** What a page may not do, beyond what helmet knows. */
export const permissionsPolicy: RequestHandler = (_request, response, next) => {
  response.setHeader('Permissions-Policy', PERMISSIONS);
  next();
};

/** Answers of the API hold what only the caller may see: no cache keeps them. */
export const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader('Cache-Control', 'no-store');
  next();
};

/** Security headers for the API and our own pages. */
export function securityHeaders(): RequestHandler {
  return helmet({ ...SHARED, contentSecurityPolicy: { directives: DIRECTIVES } });
}

/** The same for the API documentation, whose page brings its styles inline. */
export function documentationHeaders(): RequestHandler {
  const directives = { ...DIRECTIVES, 'style-src': ["'self'", "'unsafe-inline'"] };
  return helmet({ ...SHARED, contentSecurityPolicy: { directives } });
}
