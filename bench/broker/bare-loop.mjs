/** What Mosquitto itself needs to learn devices: the platform's commands, sent by a loop that does nothing else. */
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { startMosquitto } from '../../scripts/services/mosquitto.mjs';
import { cpuSeconds } from '../lib/usage.mjs';

const CONTROL = '$CONTROL/dynamic-security/v1';
const COMMANDS_IN_MESSAGE = 50;
/** The next message is there when the broker has done with one, so that it never waits. */
const IN_FLIGHT = 2;

/**
 * @param {{ username: string, password: string }} platform
 * @param {{ command: string }[]} commands
 */
export async function bareLoop(platform, commands) {
  const mosquitto = await startMosquitto({ dynamicSecurity: platform, autosaveEvery: 100_000_000 });
  try {
    const client = await mqtt.connectAsync(mosquitto.url, { ...platform, protocolVersion: 5, clientId: 'bare-loop' });
    await client.subscribeAsync(`${CONTROL}/response`, { qos: 1 });
    const before = { cpu: cpuSeconds(mosquitto.pid), busy: busySeconds(mosquitto.pid) };
    const begin = performance.now();
    await sendAll(client, commands);
    const seconds = (performance.now() - begin) / 1000;
    const figures = {
      seconds,
      cpuSeconds: cpuSeconds(mosquitto.pid) - before.cpu,
      idleSeconds: seconds - (busySeconds(mosquitto.pid) - before.busy),
    };
    await client.endAsync();
    return figures;
  } finally {
    await mosquitto.stop();
  }
}

/** Seconds that a process has worked, or could have if others had not been on its processor: what is left of the time it waited. */
export function busySeconds(pid) {
  const [ran, waited] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ').map(Number);
  return (ran + waited) / 1e9;
}

/** Resolves when the broker has answered every command. */
function sendAll(client, commands) {
  return new Promise((resolve, reject) => {
    let [next, answered] = [0, 0];
    const sendNext = () => {
      const message = commands.slice(next, next + COMMANDS_IN_MESSAGE);
      next += message.length;
      if (message.length === 0) return;
      // Mosquitto 2.0 sends answers with the next round of its loop, 100 ms later unless something arrives.
      client.publish(CONTROL, JSON.stringify({ commands: message }), { qos: 1 }, (error) =>
        error ? reject(error) : client.sendPing(),
      );
    };
    client.on('message', (_topic, payload) => {
      const { responses } = JSON.parse(payload.toString());
      const refused = responses.find(({ error }) => error !== undefined);
      if (refused) reject(new Error(`${refused.command}: ${refused.error}`));
      answered += responses.length;
      if (answered === commands.length) resolve();
      else sendNext();
    });
    for (let i = 0; i < IN_FLIGHT; i++) sendNext();
  });
}
