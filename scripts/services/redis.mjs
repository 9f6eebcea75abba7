/** Redis or Valkey on a private port. */
import { answers } from './probe.mjs';
import { requireProgram } from './programs.mjs';
import { Service, startService } from './service.mjs';

/** The server's program, installed where possible. @throws with the line to run */
export function redisProgram() {
  const names = ['redis-server', 'valkey-server'];
  return requireProgram({ names, packages: names, what: 'Redis' });
}

/**
 * @param {import('./service.mjs').PlaceOptions & { password?: string, durable?: boolean, args?: string[] }} [options]
 *   durable: every write reaches the disk within a second (append-only file); args: further command line options
 */
export async function startRedis({ password, durable = false, args = [], ...options } = {}) {
  const command = redisProgram();
  return startService('redis', options, async (place) => {
    const settings = [
      ['--bind', '127.0.0.1'],
      ['--port', String(place.port)],
      ['--dir', place.dir],
      ['--daemonize', 'no'],
      ['--appendonly', durable ? 'yes' : 'no'],
      ['--save', ''],
      ...(password ? [['--requirepass', password]] : []),
    ].flat();
    const url = `redis://${password ? `:${password}@` : ''}127.0.0.1:${place.port}`;
    // Without the password the server answers NOAUTH, which is an answer too; LOADING is not.
    const ready = () =>
      answers(place.port, { send: 'PING\r\n', expect: (answer) => /^(\+PONG|-NOAUTH)/.test(String(answer)) });
    return new Service({ name: 'redis', command, args: [...settings, ...args], ready, order: 2 }, place, url);
  });
}
