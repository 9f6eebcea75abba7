/** Where a service's files lie and where it listens; without a folder it gets a temporary one. */
export interface PlaceOptions {
  dir?: string;
  port?: number;
}

/** A running (or stopped) service; tests hold on to it across kills and restarts. */
export declare class Service {
  readonly name: string;
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly dir: string;
  readonly logFile: string;
  /** Process id of the latest start. */
  pid: number;
  /** Called whenever the process ends, wanted or not. */
  onExit: ((code: number | null, signal: string | null) => void) | undefined;
  get running(): boolean;
  /** Starts it (again) on the same port and data; resolves when it answers. */
  start(): Promise<void>;
  /** Ends it politely; a temporary folder disappears. */
  stop(): Promise<void>;
  /** Ends it and its children at once (SIGKILL); the data stay for `start()`. */
  kill(): Promise<void>;
  /** Kills it, or stops it politely, and starts it again. */
  restart(options?: { polite?: boolean }): Promise<void>;
}
