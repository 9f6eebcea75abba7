import type { PlaceOptions, Service } from './service.mjs';

/**
 * Builds the application where needed and starts it as a process of its own. `env` is its whole configuration, but for
 * host and port; `until`: `ready` (default) waits for the services that it needs, `alive` for the process alone.
 */
export declare function spawnApp(
  options: PlaceOptions & { env: Record<string, string>; until?: 'alive' | 'ready'; nodeArgs?: string[] },
): Promise<Service>;
