/** The demo's command line. */
import { parseArgs } from 'node:util';

export const USAGE = `npm run demo [-- options]

Installs what is missing, builds, and starts the whole platform with demo data on this machine.

  --no-simulator   no simulated devices; readings come only from you
  --port N         port of the web page and the API (default 3000; a free one where it is taken)
  --reset          throw the demo's data away first
  --stop           stop a running demo, also one whose launcher was killed
  --help           this text

DATABASE_URL (DATABASE_URL_POSTGRES, DATABASE_URL_MYSQL), REDIS_URL and MQTT_URL name services to use instead of the
embedded ones.`;

/**
 * @param {string[]} args
 * @returns {{ simulator: boolean, port: number | undefined, reset: boolean, stop: boolean, help: boolean }}
 * @throws with a message for people
 */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      'no-simulator': { type: 'boolean', default: false },
      port: { type: 'string' },
      reset: { type: 'boolean', default: false },
      stop: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { 'no-simulator': noSimulator, port, reset, stop, help } = values;
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536)) {
    throw new Error(`--port must be a number from 1 to 65535, not "${port}"`);
  }
  return { simulator: !noSimulator, port: port === undefined ? undefined : Number(port), reset, stop, help };
}
