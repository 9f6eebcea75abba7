import type { PlaceOptions, Service } from './service.mjs';

/**
 * Starts Mosquitto. `anonymous`: clients without a user name are let in (default); `autosaveEvery`: changes after which
 * the store is written to disk (1: a kill loses nothing, and slow); `listener`: lines for the listener (certificates …,
 * put the files into `dir`); `config`: further lines of the configuration file.
 */
export declare function startMosquitto(
  options?: PlaceOptions & { anonymous?: boolean; autosaveEvery?: number; listener?: string[]; config?: string[] },
): Promise<Service>;
