/** Whether a service that we depend on can be used. `degraded`: it works, but not as it should. */
export interface HealthStatus {
  readonly status: 'up' | 'down' | 'degraded';
  /** How long the service took to answer. */
  readonly latencyMs: number;
  /** Why it is not up; for signed-in people only. */
  readonly error?: string;
}

/** Asks one service that we depend on how it is. */
export abstract class HealthIndicator {
  /** As it is called in answers: `database`, `redis`, `mqtt`, … */
  abstract readonly name: string;

  /**
   * Resolves to undefined when all is well, to the reason when the service is degraded; what it throws says why the
   * service is down.
   */
  abstract probe(): Promise<string | undefined>;
}

/** The indicators of the services that this process needs, by its roles. */
export const HEALTH_INDICATORS = Symbol('HEALTH_INDICATORS');
