/** Starts, watches and ends processes by pid and start time, so that a reused pid is never mistaken for one of ours. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {{ pid: number, startTime: string }} ProcessIdentity */

/**
 * Start time of a living process; null when there is none. Zombies count as gone: they hold neither ports nor files.
 * @param {number} pid
 * @returns {string | null} opaque text, comparable with itself only
 */
export function startTimeOf(pid) {
  if (process.platform !== 'linux') return startTimeByPs(pid);
  const fields = statFields(pid);
  return fields === null || fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}

function startTimeByPs(pid) {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null; // ps answers with an error status when the process does not exist
  }
}

/** The fields of /proc/<pid>/stat after the command name, which may itself hold blanks and brackets. */
function statFields(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null; // no such process
  }
}

/** @param {number} pid @returns {ProcessIdentity} @throws when the process is gone already */
export function identify(pid) {
  const startTime = startTimeOf(pid);
  if (startTime === null) throw new Error(`process ${pid} is not running`);
  return { pid, startTime };
}

/** True while exactly this process lives. @param {ProcessIdentity} identity */
export function isAlive(identity) {
  return startTimeOf(identity.pid) === identity.startTime;
}

/**
 * Pids of all living descendants. PostgreSQL's backends leave the process group, so a group signal does not reach them.
 * @param {number} pid
 * @returns {number[]}
 */
export function descendantsOf(pid) {
  const children = new Map();
  for (const [child, parent] of processTable()) children.set(parent, [...(children.get(parent) ?? []), child]);
  const found = [];
  const open = [pid];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const direct = children.get(next) ?? [];
    found.push(...direct);
    open.push(...direct);
  }
  return found;
}

/** @returns {[number, number][]} pid and parent of every process */
function processTable() {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-axo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
    return lines.map((line) => /** @type {[number, number]} */ (line.trim().split(/\s+/).map(Number)));
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => /** @type {[number, number]} */ ([Number(name), Number(statFields(Number(name))?.[1] ?? -1)]));
}

/** Sends a signal; a process that is gone already is no error. @param {number} pid @param {NodeJS.Signals} signal */
export function signalProcess(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Waits until the process is gone. @param {ProcessIdentity} identity @param {number} timeoutMs @returns {Promise<boolean>} */
export async function waitForEnd(identity, timeoutMs) {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(identity)) {
    if (Date.now() >= deadline) return false;
    await sleep(20);
  }
  return true;
}

/**
 * Ends a process politely, and by force when it has not ended in time.
 * @param {ProcessIdentity} identity
 * @param {{ signal?: NodeJS.Signals, timeoutMs?: number }} [options]
 */
export async function stopProcess(identity, { signal = 'SIGTERM', timeoutMs = 15_000 } = {}) {
  if (!isAlive(identity)) return;
  signalProcess(identity.pid, signal);
  if (!(await waitForEnd(identity, timeoutMs))) await killProcess(identity);
}

/** Ends a process and all its descendants at once (SIGKILL). @param {ProcessIdentity} identity */
export async function killProcess(identity) {
  if (!isAlive(identity)) return;
  const family = [identity, ...identifyAll(descendantsOf(identity.pid))];
  for (const member of family) if (isAlive(member)) signalProcess(member.pid, 'SIGKILL');
  for (const member of family) await waitForEnd(member, 10_000);
}

function identifyAll(pids) {
  return pids.flatMap((pid) => {
    const startTime = startTimeOf(pid);
    return startTime === null ? [] : [{ pid, startTime }];
  });
}

/**
 * Starts a process in a group of its own, so that Ctrl-C in the terminal reaches only the launcher, which then stops
 * things in order. Output goes to a file: a pipe would break when the launcher dies first.
 * @param {string} command
 * @param {string[]} args
 * @param {{ logFile: string, cwd?: string, env?: NodeJS.ProcessEnv, uid?: number, gid?: number }} options
 */
export async function spawnLogged(command, args, { logFile, ...options }) {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  try {
    const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', log, log] });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/**
 * Runs a program to its end, in a group of its own.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions & { onStart?: (identity: ProcessIdentity) => void }} options
 *   onStart: is told the process, so that it can be ended early
 * @returns {Promise<number | string>} exit code, or the name of the signal that ended it
 */
export async function runToEnd(command, args, { onStart, ...options }) {
  const child = spawn(command, args, { ...options, detached: true });
  const end = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  const startTime = child.pid === undefined ? null : startTimeOf(child.pid);
  if (startTime !== null) onStart?.({ pid: child.pid, startTime });
  return end;
}

/** The last lines of a log file, for error messages. @param {string} file @param {number} [lines] */
export function tailOf(file, lines = 15) {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log written)';
  }
}
