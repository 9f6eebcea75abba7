#!/usr/bin/env node
/**
 * Plays the devices of the demo: a day of weather, rivers and water supply that repeats for the same seed, published over
 * MQTT with the devices' own credentials. Runs in time-lapse, see simulator/clock.mjs; `--help` names the options.
 * The log is one JSON object a line. Ends on SIGTERM and SIGINT: every device reports "offline" and disconnects.
 */
import './simulator/lean.mjs';
import { ScenarioClock } from './simulator/clock.mjs';
import { Fleet } from './simulator/fleet.mjs';
import { layOut } from './simulator/layout.mjs';
import { parseOptions, readDemoFile, USAGE } from './simulator/options.mjs';
import { World } from './simulator/world.mjs';

const SUMMARY_EVERY_MS = 60_000;
/** In time-lapse the day begins before the morning peak of water use. */
const MORNING = 6 * 60;
/** A bounded run that the broker does not take within this time fails. */
const LATEST_DELIVERY_MS = 60_000;

function log(event, details = {}) {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...details })}\n`);
}

function startOfDay(speed) {
  const now = new Date();
  return speed === 1 ? now.getHours() * 60 + now.getMinutes() : MORNING;
}

/** @returns {Promise<boolean>} resolves when it is to end, to whether what was asked for was done */
function untilDone(fleet, { readings, interval, duration }) {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve(true));
    if (duration) setTimeout(() => resolve(true), duration * 1_000);
    if (!readings) return;
    setInterval(() => fleet.finished && resolve(true), 50);
    setTimeout(() => resolve(false), readings * interval * 1_000 + LATEST_DELIVERY_MS);
  });
}

/** Metrics that the model cannot make, or not where the device stands, as "device metric". */
function metricsLeftOut(devices, world) {
  return devices.flatMap(({ deviceId, metrics }) => {
    const made = new Set(world.codesOf(deviceId));
    return metrics.filter((code) => !made.has(code)).map((code) => `${deviceId} ${code}`);
  });
}

async function run(options) {
  const { mqttUrl, devices } = readDemoFile(options.demo);
  const { speed, seed, interval, heartbeat } = options;
  const world = new World(layOut(devices), { seed, startMinuteOfDay: startOfDay(speed) });
  const members = devices.map(({ deviceId, mqtt, heartbeatIntervalSeconds }) => ({
    deviceId,
    mqtt,
    // Twice as often as expected: one that is lost raises no alert.
    heartbeatSeconds: heartbeatIntervalSeconds ? heartbeatIntervalSeconds / 2 : heartbeat,
  }));
  const fleet = new Fleet(members, {
    world,
    clock: new ScenarioClock(speed),
    url: options.url ?? mqttUrl,
    intervalMs: interval * 1_000,
    mostReadings: options.readings,
    onEvent: ({ event, ...details }) => log(event, details),
  });
  const summarise = () => log('summary', { ...fleet.summary, ...(fleet.trouble && { trouble: fleet.trouble }) });
  log('start', { devices: members.length, speed, interval, seed, metricsLeftOut: metricsLeftOut(devices, world) });
  fleet.start();
  setInterval(summarise, SUMMARY_EVERY_MS);
  const done = await untilDone(fleet, options);
  await fleet.stop();
  summarise();
  return done ? 0 : 1;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  process.exitCode = options.help ? 0 : await run(options);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
// Timers of the run would keep the process.
process.exit();
