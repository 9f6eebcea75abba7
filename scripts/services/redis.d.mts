import type { PlaceOptions, Service } from './service.mjs';

/** Starts Redis or Valkey. `durable`: append-only file; `args`: further command line options. */
export declare function startRedis(
  options?: PlaceOptions & { password?: string; durable?: boolean; args?: string[] },
): Promise<Service>;
