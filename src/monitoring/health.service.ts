import { Inject, Injectable, Logger } from '@nestjs/common';
import { redactText } from '../common/logging/redact.js';
import { HEALTH_INDICATORS, type HealthIndicator, type HealthStatus } from './health-indicator.js';

const PROBE_TIMEOUT_MS = 2_000;
/** Anybody may ask for the health; the services are asked at most once in this time. */
const KEEP_MS = 1_000;

/** The state of every service that this process depends on. */
export interface HealthReport {
  readonly status: 'up' | 'degraded' | 'down';
  readonly services: Readonly<Record<string, HealthStatus>>;
}

interface Outcome {
  readonly status: HealthStatus['status'];
  readonly reason?: string;
}

/** Asks the services that this process needs how they are, all at once, each for at most 2 seconds. */
@Injectable()
export class HealthService {
  private readonly logger = new Logger(HealthService.name);
  private readonly lastStatus = new Map<string, HealthStatus['status']>();
  private report: Promise<HealthReport> | undefined;
  private reportedAt = -Infinity;

  constructor(@Inject(HEALTH_INDICATORS) private readonly indicators: readonly HealthIndicator[]) {}

  /** `down` when one service is down: every service in the list is needed. The answer may be a second old. */
  check(): Promise<HealthReport> {
    const now = performance.now();
    if (this.report === undefined || now - this.reportedAt >= KEEP_MS) {
      this.reportedAt = now;
      this.report = this.askAll();
    }
    return this.report;
  }

  private async askAll(): Promise<HealthReport> {
    const entries = await Promise.all(
      this.indicators.map(async (indicator) => [indicator.name, await this.ask(indicator)] as const),
    );
    const states = entries.map(([, { status }]) => status);
    const status = states.includes('down') ? 'down' : states.includes('degraded') ? 'degraded' : 'up';
    return { status, services: Object.fromEntries(entries) };
  }

  private async ask(indicator: HealthIndicator): Promise<HealthStatus> {
    const startedAt = performance.now();
    const { status, reason } = await this.outcomeOf(indicator);
    const latencyMs = Math.round((performance.now() - startedAt) * 10) / 10;
    const health: HealthStatus = { status, latencyMs, ...(reason === undefined ? {} : { error: redactText(reason) }) };
    this.tellChange(indicator.name, health);
    return health;
  }

  private async outcomeOf(indicator: HealthIndicator): Promise<Outcome> {
    const { promise: tooLate, resolve } = Promise.withResolvers<Outcome>();
    const reason = `no answer within ${PROBE_TIMEOUT_MS} ms`;
    const timer = setTimeout(() => resolve({ status: 'down', reason }), PROBE_TIMEOUT_MS);
    const probe = indicator.probe().then(
      (complaint): Outcome => ({ status: complaint === undefined ? 'up' : 'degraded', reason: complaint }),
      (error: unknown): Outcome => ({ status: 'down', reason: reasonOf(error) }),
    );
    try {
      return await Promise.race([probe, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  private tellChange(name: string, { status, error }: HealthStatus): void {
    const before = this.lastStatus.get(name) ?? 'up';
    this.lastStatus.set(name, status);
    if (before === status) return;
    if (status === 'up') this.logger.log(`${name} is up again`);
    else this.logger.warn(`${name} is ${status}: ${error ?? 'no reason given'}`);
  }
}

/** A refused connection to a name with several addresses is an AggregateError without a message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
