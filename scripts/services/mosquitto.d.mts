import type { PlaceOptions, Service } from './service.mjs';

export interface MosquittoOptions extends PlaceOptions {
  /** Clients without a user name are let in (default). */
  anonymous?: boolean;
  /** Changes after which the store is written to disk (1: a kill loses nothing, and slow). */
  autosaveEvery?: number;
  /** Lines for the listener (certificates …, put the files into `dir`). */
  listener?: string[];
  /** Further lines of the configuration file. */
  config?: string[];
  /**
   * The dynamic-security plugin decides who may do what; this is the platform's user, who may also manage it. What it
   * learns stays in `dynamic-security.json` in the service's folder.
   */
  dynamicSecurity?: { username: string; password: string };
  /**
   * PEM texts: the listener speaks TLS. With `clientCa` clients have to show a certificate, whose common name is their
   * user name; `crl` are the revoked ones.
   */
  tls?: { cert: string; key: string; clientCa?: string; crl?: string };
}

/** Starts Mosquitto. */
export declare function startMosquitto(options?: MosquittoOptions): Promise<Service>;
