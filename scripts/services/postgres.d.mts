import type { PlaceOptions, Service } from './service.mjs';

/**
 * Starts PostgreSQL; the URL's user is superuser. `binaries`: folder with `initdb` and `postgres`, the npm package's by
 * default; `settings`: as in postgresql.conf. Without `durable` a power cut loses data, a kill does not.
 */
export declare function startPostgres(
  options?: PlaceOptions & {
    password?: string;
    database?: string;
    durable?: boolean;
    binaries?: string;
    binariesHome?: string;
    settings?: Record<string, string>;
  },
): Promise<Service>;
