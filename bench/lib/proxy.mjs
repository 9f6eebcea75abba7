/** A TCP relay in front of a service, to cut its connections without touching the service. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** @param {number} port where the service listens on 127.0.0.1 */
export async function startProxy(port) {
  const pairs = new Set();
  const server = createServer((inside) => {
    const outside = connect({ host: '127.0.0.1', port });
    const pair = [inside, outside];
    pairs.add(pair);
    for (const [from, to] of [pair, [outside, inside]]) {
      from.pipe(to);
      // Either end may go first, with or without an error; the other one follows.
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: server.address().port,
    /** Cuts all connections, without a word. */
    cut() {
      for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
    },
    async stop() {
      this.cut();
      server.close();
      await once(server, 'close');
    },
  };
}
