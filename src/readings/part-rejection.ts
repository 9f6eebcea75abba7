import type { RejectCode } from './reject-code.js';

/** Something in a message that cannot be stored. */
export interface PartRejection {
  readonly index: number | null;
  readonly metric: string | null;
  readonly instant: number | null;
  readonly code: RejectCode;
  readonly reason: string;
  /** Rejections that it stands for; 1 when absent. */
  readonly count?: number;
}

/** Rejections of one message that are kept one by one. */
export const MAX_KEPT = 100;

/**
 * Keeps the first rejections of a message and one in place of all others: a few kilobytes of garbage would be thousands
 * of them, each much larger than what it is about.
 */
export function keepFirst(rejections: readonly PartRejection[]): readonly PartRejection[] {
  if (rejections.length <= MAX_KEPT + 1) return rejections;
  const [next, ...others] = rejections.slice(MAX_KEPT) as [PartRejection, ...PartRejection[]];
  const count = others.reduce((sum, rejection) => sum + (rejection.count ?? 1), next.count ?? 1);
  const reason = `${count} further parts of the message were rejected; the first of them: ${next.reason}`;
  return [...rejections.slice(0, MAX_KEPT), { ...next, metric: null, instant: null, reason, count }];
}
