import {
  CLOCK_WRONG_HELD_MS,
  LATE_AFTER_INTERVALS,
  OFFLINE_AFTER_INTERVALS,
  SUSPENDED_LOOK_MS,
} from './life-limits.js';
import { conditionsAt, dataDueAt } from './life-conditions.js';
import type { Case, DeviceFacts, Life } from './life-case.js';
import type { PresenceState } from './presence-state.js';

/** What has happened since the last look; a state found by silence stays until something happens. */
export interface News {
  /** The device was heard, or what it is measured by has changed. */
  readonly heard?: boolean;
  /** Readings came. */
  readonly data?: boolean;
}

/** What a device becomes when time passes, and when it would become something else. */
export interface Course {
  /** The lives after the first one, oldest first. */
  readonly steps: readonly Life[];
  /** The instant of the next change if nothing comes; null: there is none. */
  readonly nextDueAt: number | null;
}

/** What a device is that was never heard. */
export function unheardLife(facts: DeviceFacts, at: number): Life {
  const base = { since: at, conditions: [], watchedSince: at };
  if (!isActive(facts)) return { ...base, state: 'deactivated', reason: 'DEACTIVATED' };
  if (inMaintenance(facts, at)) return { ...base, state: 'maintenance', reason: 'MAINTENANCE' };
  return { ...base, state: 'never_seen', reason: 'NEVER_HEARD' };
}

/**
 * What a device is at an instant, given what it was before. Pure: the same knowledge gives the same answer on every
 * instance, whether a message or the sweep comes first.
 */
export function judge(one: Case, before: Life, at: number, news: News = {}): Life {
  const away = before.state === 'deactivated' || before.state === 'maintenance';
  const { state, reason } = stateAt(one, before, at, { heard: news.heard === true || away, away });
  const alive = state === 'online' || state === 'late';
  const wasAlive = before.state === 'online' || before.state === 'late';
  const watchedSince = alive && !wasAlive ? at : before.watchedSince;
  const watched = { ...before, watchedSince };
  const conditions = conditionsAt(one, watched, at, { alive, data: news.data === true || !wasAlive });
  return {
    state,
    reason: state === 'online' ? (conditions[0] ?? reason) : reason,
    since: state === before.state ? before.since : Math.max(at, before.since),
    conditions,
    watchedSince,
  };
}

/** Lets time pass up to an instant: every change happens at the instant at which it became true. */
export function pass(one: Case, before: Life, upTo: number): Course {
  const { facts, presence } = one;
  // Nothing is judged yet, but somebody has to look once there is.
  if (!one.listened.known) return { steps: [], nextDueAt: presence.lastSeenAt + facts.intervalMs };
  const steps: Life[] = [];
  let life = before;
  let due = dueAt(one, life, -Infinity);
  while (due !== null && due <= upTo) {
    life = judge(one, life, due);
    steps.push(life);
    due = dueAt(one, life, due);
  }
  return { steps: steps.filter((step, i) => isOther(step, steps[i - 1] ?? before)), nextDueAt: due };
}

/** Whether two lives differ in anything that people see. */
export function isOther(a: Life, b: Life): boolean {
  return a.state !== b.state || a.reason !== b.reason || a.conditions.join() !== b.conditions.join();
}

function stateAt(
  one: Case,
  before: Life,
  at: number,
  { heard, away }: { heard: boolean; away: boolean },
): Pick<Life, 'state' | 'reason'> {
  const { facts, presence } = one;
  if (!isActive(facts)) return { state: 'deactivated', reason: 'DEACTIVATED' };
  if (inMaintenance(facts, at)) return { state: 'maintenance', reason: 'MAINTENANCE' };
  if (presence.reportedStatus === 'maintenance') return { state: 'maintenance', reason: 'MAINTENANCE_REPORTED' };
  if (saidOffline(presence)) return { state: 'offline', reason: 'LAST_WILL' };
  // Silence is never unmade by a pause of ours: only by a sign of life, or by what silence is measured by.
  const sticky = heard ? null : before;
  const watchedSince = away ? at : before.watchedSince;
  if (sticky?.state === 'offline') return { state: 'offline', reason: 'LAST_HEARTBEAT' };
  if (at >= offlineAt(one, watchedSince)) return { state: 'offline', reason: 'LAST_HEARTBEAT' };
  if (sticky?.state === 'late' || at >= lateAt(one)) {
    return { state: 'late', reason: presence.lastSeenAt < watchedSince ? 'AWAITED' : 'LAST_HEARTBEAT' };
  }
  return { state: 'online', reason: 'LAST_HEARTBEAT' };
}

/** The next instant after `after` at which the device becomes something else if nothing comes; null: none. */
function dueAt(one: Case, life: Life, after: number): number | null {
  const { facts, presence, listened } = one;
  // Taken out of service, or back into it, and not looked at since: nothing else counts before that is entered.
  if (isActive(facts) !== (life.state !== 'deactivated')) return Math.max(life.since, listened.until);
  if (!facts.active) return null;
  const due: (number | null)[] = [];
  if (!facts.municipalityActive) due.push(Math.max(after, life.since, listened.until) + SUSPENDED_LOOK_MS);
  else if (life.state === 'maintenance') due.push(facts.maintenanceUntil);
  else if (life.state === 'online') due.push(lateAt(one), offlineAt(one, life.watchedSince));
  else if (life.state === 'late') due.push(offlineAt(one, life.watchedSince));
  const alive = life.state === 'online' || life.state === 'late';
  if (alive && !life.conditions.includes('NO_DATA')) due.push(dataDueAt(one, life));
  if (life.conditions.includes('CLOCK_WRONG')) due.push((presence.clockWrongAt ?? 0) + CLOCK_WRONG_HELD_MS);
  const next = Math.min(...due.map((instant) => (instant === null || instant <= after ? Infinity : instant)));
  return next === Infinity ? null : next;
}

/** From this instant on the silence is one interval too long. */
function lateAt(one: Case): number {
  const { facts, presence, listened, graceMs } = one;
  const silent = listened.reach(presence.lastSeenAt, facts.intervalMs * LATE_AFTER_INTERVALS);
  // Whoever was last heard before we listened gets the time to say something again.
  const grace = (since: number) => (presence.lastSeenAt < since ? Math.max(graceMs, facts.intervalMs) : graceMs);
  return Math.floor(listened.settledFrom(silent, grace)) + 1;
}

function offlineAt(one: Case, watchedSince: number): number {
  const { facts, presence, listened, graceMs } = one;
  const from = Math.max(presence.lastSeenAt, watchedSince);
  const silent = listened.reach(from, facts.intervalMs * OFFLINE_AFTER_INTERVALS);
  return Math.floor(listened.settledFrom(silent, () => graceMs)) + 1;
}

function isActive({ active, municipalityActive }: DeviceFacts): boolean {
  return active && municipalityActive;
}

function inMaintenance({ maintenanceUntil }: DeviceFacts, at: number): boolean {
  return maintenanceUntil !== null && at < maintenanceUntil;
}

/** The last thing said was "offline": by the device, or by the broker for it. */
function saidOffline({ reportedStatus, reportedAt, lastSeenAt }: PresenceState): boolean {
  return reportedStatus === 'offline' && reportedAt !== null && lastSeenAt <= reportedAt;
}
