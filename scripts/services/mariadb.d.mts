import type { PlaceOptions, Service } from './service.mjs';

/** Starts MariaDB; the URL's user may do everything. A power cut loses data, a kill does not. */
export declare function startMariadb(options?: PlaceOptions & { database?: string; args?: string[] }): Promise<Service>;
