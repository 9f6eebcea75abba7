import type { DeviceAlertRaise } from '../device-alerts.js';

const DAY_MS = 86_400_000;

/** How far the end is when it is told, and how loud; the last one is told when it is there. */
const STAGES = [
  { withinMs: 30 * DAY_MS, severity: 'LOW' },
  { withinMs: 7 * DAY_MS, severity: 'MEDIUM' },
  { withinMs: DAY_MS, severity: 'HIGH' },
  { withinMs: 0, severity: 'HIGH' },
] as const;

/** The first warning comes this long before the end. */
export const SOONEST_WARNING_MS = STAGES[0].withinMs;

/** What the end of a certificate is judged by. */
export interface KnownCertificate {
  readonly fingerprint: string;
  /** Epoch milliseconds; where a renewal cut it short, then. */
  readonly endsAt: number;
  /** Neither revoked nor of an inactive device. */
  readonly live: boolean;
  /** How often was warned of it, 0–4. */
  readonly stage: number;
}

/** What is to be told about the certificates of one device. */
export interface ExpiryVerdict {
  /** Present when there is something new to say. */
  readonly warning?: Pick<DeviceAlertRaise, 'severity' | 'title'>;
  /** There was a warning, and there is no reason for it any more. */
  readonly over: boolean;
  /** Stages to remember, by fingerprint. */
  readonly stages: ReadonlyMap<string, number>;
}

/**
 * Judges the certificates of one device: only the one that ends last counts, since the device has it to change over to.
 * Each stage is told once, so that an alert that somebody resolved stays so until the next.
 */
export function judgeExpiry(certificates: readonly KnownCertificate[], nowMs: number): ExpiryVerdict {
  const last = certificates.filter(({ live }) => live).sort((a, b) => b.endsAt - a.endsAt)[0];
  const stage = last === undefined ? 0 : stageOf(last.endsAt - nowMs);
  const stages = new Map(
    certificates
      .map((one) => [one, one === last ? stage : 0] as const)
      .filter(([one, now]) => one.stage !== now)
      .map(([one, now]) => [one.fingerprint, now]),
  );
  const over = stage === 0 && certificates.some((one) => one.stage > 0);
  if (last === undefined || stage === 0 || stage <= last.stage) return { over, stages };
  return { warning: { severity: STAGES[stage - 1]!.severity, title: titleOf(last.endsAt, nowMs) }, over, stages };
}

/** How many of the warnings are due. */
function stageOf(leftMs: number): number {
  return STAGES.filter(({ withinMs }) => leftMs <= withinMs).length;
}

function titleOf(endsAt: number, nowMs: number): string {
  const day = new Date(endsAt).toISOString().slice(0, 10);
  return endsAt <= nowMs ? `Its certificate ended on ${day}` : `Its certificate ends on ${day}; renew it before`;
}
