import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { resultTableOf } from './summary.js';
import { Progress } from '../provision/progress.js';
import { provisionTable } from '../provision/provision.js';
import { CliError, EXIT_SOME_FAILED } from '../remote/cli-error.js';
import type { ConnectionOptions } from '../remote/connection-options.js';
import { Interruption } from '../remote/interruption.js';
import type { Report } from '../report.js';
import { readBundles, type LoadedBundle } from './bundle-reader.js';
import { FAULTS, SIGNATURE_FAULTS, type Fault } from './faults.js';
import { firstContact, type ProtocolVersion } from './first-contact.js';
import { PROFILE_SENSORS, PROFILES, profileOf, Surroundings, type Profile } from './instruments.js';
import { randomOf } from './random.js';
import { SimulatedDevice } from './simulated-device.js';

/** Options of `simulate`. */
export interface SimulateOptions extends ConnectionOptions {
  readonly bundles?: string;
  readonly register?: number;
  readonly municipality?: string;
  readonly prefix: string;
  readonly output?: string;
  readonly devices?: number;
  readonly profile?: readonly string[];
  readonly duration: number;
  readonly rate: number;
  readonly seed: string;
  readonly storm?: true;
  readonly faults?: readonly string[];
  readonly signed?: true;
  readonly mqttUrl?: string;
  readonly mqttVersion: '3.1.1' | '5';
}

const VERSIONS: Readonly<Record<SimulateOptions['mqttVersion'], ProtocolVersion>> = { '3.1.1': 4, '5': 5 };
/** An hour of weather passes in a minute. */
const TIME_LAPSE = 60;
const TICK_MS = 20;
const HEARTBEAT_MS = 30_000;
/** How long acknowledgements are waited for at the end. */
const GOODBYE_MS = 20_000;
/** Of a device that falls silent: after this part of the time it goes away without a word. */
const SILENT_AFTER = 0.5;

/**
 * Plays devices against a real broker until the time is over or somebody interrupts it.
 * @returns the exit code: 4 when something was not acknowledged
 * @throws CliError
 */
export async function simulate(options: SimulateOptions, print: Report): Promise<number> {
  const profiles = known(options.profile ?? [], PROFILES, 'profile');
  const faults = known(options.faults?.includes('all') ? FAULTS : (options.faults ?? []), FAULTS, 'fault');
  if (!options.signed && options.faults?.some((fault) => (SIGNATURE_FAULTS as readonly string[]).includes(fault))) {
    throw new CliError('unsigned and tampered are faults of devices that sign: add --signed.');
  }
  const usable = options.signed ? faults : faults.filter((fault) => !SIGNATURE_FAULTS.includes(fault));
  const bundles = await bundlesOf(options, profiles, print);
  const cast = (version: ProtocolVersion) => castOf(bundles, profiles, usable, options, version);
  const asked = options.given?.includes('mqttVersion') ? VERSIONS[options.mqttVersion] : undefined;
  const interruption = new Interruption();
  let players: readonly Played[];
  try {
    const contact = await firstContact(cast, asked, interruption.signal);
    if (contact.version !== (asked ?? 5)) print('The broker does not know MQTT 5; the devices speak 3.1.1.');
    players = contact.players;
    await play(players, options, interruption.signal);
  } finally {
    interruption.release();
  }
  const { lines, complete } = resultTableOf(players.map(({ device }) => device));
  for (const line of lines) print(line);
  return complete ? 0 : EXIT_SOME_FAILED;
}

/** A device and what surrounds it. */
interface Played {
  readonly device: SimulatedDevice;
  readonly surroundings: Surroundings;
  /** Milliseconds after the beginning. */
  due: number;
  heartbeatDue: number;
  silent: boolean;
}

async function bundlesOf(
  options: SimulateOptions,
  profiles: readonly Profile[],
  print: Report,
): Promise<LoadedBundle[]> {
  const { bundles, register, devices } = options;
  if ((bundles === undefined) === (register === undefined)) {
    throw new CliError('Say whom to play: --bundles <folder or zip>, or --register <n>.');
  }
  const path = bundles ?? (await registerOwn(register!, options, profiles, print));
  const all = readBundles(path).filter(
    ({ credentials }) => credentials.mqtt.username !== undefined || credentials.certificate,
  );
  if (all.length === 0) throw new CliError(`${path} holds no device that may speak MQTT.`);
  return all.slice(0, devices ?? all.length);
}

/** Registers devices and answers where their bundles are; those of an earlier run with the same prefix stay. */
async function registerOwn(
  number: number,
  options: SimulateOptions,
  profiles: readonly Profile[],
  print: Report,
): Promise<string> {
  const output = resolve(options.output ?? `simulated-${options.prefix}`);
  const choice = profiles.length === 0 ? PROFILES : profiles;
  const lines = Array.from({ length: number }, (_, i) => {
    const profile = choice[i % choice.length]!;
    const id = `${options.prefix}-${profile}-${String(i + 1).padStart(4, '0')}`;
    const sensors = PROFILE_SENSORS[profile].join('|');
    return [id, `Simulated ${profile} ${i + 1}`, options.municipality ?? '', 'api_key|mqtt|hmac', sensors, '300'].join(
      ',',
    );
  });
  const table = ['device_id,name,municipality,auth_methods,sensors,heartbeat_interval_seconds', ...lines].join('\n');
  const how = { overlap: 0, concurrency: 2, chunk: 10, resume: true as const, output };
  const code = await provisionTable(Buffer.from(table), output, { ...options, ...how }, print);
  if (code !== 0) throw new CliError('Not all devices could be registered.');
  return output;
}

/** Who plays what: faults go to the first devices in turn, so that most are well. */
function castOf(
  bundles: readonly LoadedBundle[],
  profiles: readonly Profile[],
  faults: readonly Fault[],
  { storm, signed, seed, rate, mqttUrl }: SimulateOptions,
  protocolVersion: ProtocolVersion,
): Played[] {
  return bundles.map((bundle, index) => {
    const { deviceId, sensors, mqtt, hmac } = bundle.credentials;
    if (signed && hmac === undefined) throw new CliError(`${deviceId} has no HMAC secret to sign with.`);
    const profile =
      profiles.length === 0 ? profileOf(sensors.map(({ typeCode }) => typeCode)) : profiles[index % profiles.length]!;
    const surroundings = new Surroundings(profile, storm === true, seed, deviceId);
    const device = new SimulatedDevice(bundle, {
      mqttUrl: mqttUrl ?? mqtt.url,
      protocolVersion,
      signed: signed === true,
      fault: faults[index],
      surroundings,
    });
    const turn = randomOf(seed, deviceId, 'turn')();
    return { device, surroundings, due: (turn * 60_000) / rate, heartbeatDue: turn * HEARTBEAT_MS, silent: false };
  });
}

async function play(cast: readonly Played[], options: SimulateOptions, signal: AbortSignal): Promise<void> {
  const progress = new Progress('seconds played');
  const intervalMs = 60_000 / options.rate;
  const begin = performance.now();
  const endsAt = options.duration * 1000;
  for (let now = 0; now < endsAt && !signal.aborted; now = performance.now() - begin) {
    for (const one of cast) {
      if (one.device.fault === 'silence' && now > endsAt * SILENT_AFTER && !one.silent) {
        one.silent = true;
        void one.device.cut();
      }
      if (!one.silent) takeTurn(one, now, intervalMs);
    }
    progress.show(Math.floor(now / 1000), options.duration);
    await sleep(TICK_MS);
  }
  progress.end();
  await Promise.all(cast.filter(({ silent }) => !silent).map(({ device }) => device.stop(GOODBYE_MS)));
}

function takeTurn(one: Played, now: number, intervalMs: number): void {
  if (now >= one.due) {
    one.due = Math.max(one.due + intervalMs, now);
    one.surroundings.advanceTo((now / 1000) * TIME_LAPSE);
    one.device.read(Date.now());
  }
  if (now >= one.heartbeatDue) {
    one.heartbeatDue = now + HEARTBEAT_MS;
    one.device.heartbeat();
  }
}

function known<T extends string>(given: readonly string[], words: readonly T[], what: string): T[] {
  const unknown = given.find((word) => !(words as readonly string[]).includes(word));
  if (unknown !== undefined) throw new CliError(`There is no ${what} "${unknown}"; there are ${words.join(', ')}.`);
  return given as T[];
}
