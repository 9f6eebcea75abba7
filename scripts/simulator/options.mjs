/** The simulator's command line, and the file that says whom to simulate. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

export const USAGE = `node scripts/simulator.mjs --demo FILE [options]

Publishes readings for the devices of FILE (.demo/demo.json) that are marked as simulated, each by its own MQTT
connection: storms and rising rivers, water use through the day, a pipe burst, a failing sensor, a silent device.

  --demo FILE       whom to simulate, and where the broker is
  --url URL         another broker than the file names
  --speed N         the scenario runs N times as fast as the clock (default 60: a minute in a second); readings carry
                    the real time
  --interval S      seconds between two readings of a device (default 5)
  --heartbeat S     seconds between heartbeats where the file does not say how often they are expected (default 30)
  --seed TEXT       another scenario (default 1)
  --readings N      end when each device has handed over N readings
  --once            the same as --readings 1
  --duration S      end after S seconds
  --help            this text`;

const NUMBERS = { speed: 60, interval: 5, heartbeat: 30, readings: undefined, duration: undefined };

/**
 * @param {string[]} args
 * @returns {{ help: boolean, demo: string, url?: string, seed: string, speed: number, interval: number, heartbeat: number, readings?: number, duration?: number }}
 * @throws with a message for people
 */
export function parseOptions(args) {
  const text = { type: 'string' };
  const { values } = parseArgs({
    args,
    options: {
      demo: text,
      url: text,
      seed: { type: 'string', default: '1' },
      ...Object.fromEntries(Object.keys(NUMBERS).map((name) => [name, text])),
      once: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (!values.help && !values.demo) throw new Error('--demo FILE is missing; see --help');
  const { once, ...rest } = values;
  const numbers = Object.entries(NUMBERS).map(([name, usual]) => [name, positive(name, values[name], usual)]);
  const options = { ...rest, ...Object.fromEntries(numbers) };
  return once ? { ...options, readings: 1 } : options;
}

function positive(name, given, usual) {
  if (given === undefined) return usual;
  const number = Number(given);
  if (!(number > 0) || !Number.isFinite(number)) throw new Error(`--${name} takes a number above 0, not "${given}"`);
  return number;
}

/**
 * The broker and the devices to simulate: those marked `simulated` that have MQTT credentials.
 * @param {string} file
 * @returns {{ mqttUrl: string, devices: Record<string, unknown>[] }}
 * @throws with a message for people
 */
export function readDemoFile(file) {
  let demo;
  try {
    demo = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${error.message}`, { cause: error });
  }
  const devices = (demo.devices ?? []).filter(({ simulated, mqtt }) => simulated === true && mqtt);
  if (devices.length === 0) throw new Error(`${file} names no device that is simulated and has MQTT credentials`);
  return { mqttUrl: demo.mqttUrl, devices };
}
