/** Free TCP ports on the loopback address. */
import { createServer } from 'node:net';

export const HOST = '127.0.0.1';

/** @param {number} port @returns {Promise<number | null>} the port bound (another one for 0), null when it is taken */
function tryPort(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(null) : reject(error),
    );
    server.listen({ port, host: HOST, exclusive: true }, () => {
      const bound = server.address().port;
      server.close(() => resolve(bound));
    });
  });
}

/**
 * The first free port of those wished for, else any free one.
 * @param {(number | undefined)[]} wished in order of preference
 * @returns {Promise<number>}
 */
export async function freePort(...wished) {
  for (const port of wished) {
    if (port !== undefined && (await tryPort(port)) !== null) return port;
  }
  return tryPort(0);
}
