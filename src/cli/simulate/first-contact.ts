import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../remote/cli-error.js';
import type { SimulatedDevice } from './simulated-device.js';

const LOOK_EVERY_MS = 20;
/** The words for CONNACK 1 (3.1.1) and 132 (5). */
const VERSION_REFUSED = /(unacceptable|unsupported) protocol version/i;
/** A broker that does not know the version may as well close the connection without a word. */
const CLOSED = /ECONNRESET|EPIPE|socket hang up/;

/** What is needed of a device to see how its connection comes along. */
export type Connecting = Pick<SimulatedDevice, 'connect' | 'connected' | 'lastError' | 'cut'>;
/** Versions of MQTT as they stand in CONNECT. */
export type ProtocolVersion = 4 | 5;

/** How long the first connection may take. */
export interface ContactPatience {
  /** Without an error, before another version is tried. */
  readonly silentMs: number;
  /** In all, for one version. */
  readonly allMs: number;
}
const PATIENCE: ContactPatience = { silentMs: 3_000, allMs: 8_000 };

/**
 * Connects devices and waits until the first of them is; takes 3.1.1 for all of them where the broker does not know MQTT 5.
 * @param cast makes the devices for a version
 * @param given the only version to try
 * @returns the devices and their version
 * @throws CliError when none of them can be connected
 */
export async function firstContact<T extends { readonly device: Connecting }>(
  cast: (version: ProtocolVersion) => readonly T[],
  given: ProtocolVersion | undefined,
  signal: AbortSignal,
  patience = PATIENCE,
): Promise<{ readonly players: readonly T[]; readonly version: ProtocolVersion }> {
  const version = given ?? 5;
  const players = cast(version);
  const devices = players.map(({ device }) => device);
  for (const device of devices) device.connect();
  const outcome = await outcomeOf(devices, given === undefined, signal, patience);
  if (outcome === 'connected') return { players, version };
  await Promise.all(devices.map((device) => device.cut()));
  if (outcome === 'other version') return firstContact(cast, 4, signal, patience);
  const reason = devices.find(({ lastError }) => lastError !== undefined)?.lastError;
  throw new CliError(
    `No device could be connected to the broker: ${reason ?? 'it does not answer, or closes at once'}.`,
  );
}

async function outcomeOf(
  devices: readonly Connecting[],
  mayChange: boolean,
  signal: AbortSignal,
  { silentMs, allMs }: ContactPatience,
): Promise<'connected' | 'other version' | 'failed'> {
  const begin = performance.now();
  for (let waited = 0; waited < allMs; waited = performance.now() - begin) {
    // Whoever interrupts wants the summary, not a reason.
    if (signal.aborted || devices.some(({ connected }) => connected)) return 'connected';
    if (devices.some(({ lastError }) => lastError !== undefined && VERSION_REFUSED.test(lastError))) {
      return mayChange ? 'other version' : 'failed';
    }
    const silent = devices.every(({ lastError }) => lastError === undefined || CLOSED.test(lastError));
    if (mayChange && silent && waited > silentMs) return 'other version';
    await sleep(LOOK_EVERY_MS);
  }
  return 'failed';
}
