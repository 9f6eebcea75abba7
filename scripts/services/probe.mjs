/** Asks a service over TCP whether it answers, with the first bytes of its own protocol and no client library. */
import { connect } from 'node:net';
import { HOST } from './ports.mjs';

/**
 * @param {number} port
 * @param {{ send?: Buffer | string, expect: (answer: Buffer) => boolean }} dialogue
 * @returns {Promise<boolean>} false for no, a wrong or a late answer
 */
export function answers(port, { send, expect }) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: HOST });
    const finish = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => send !== undefined && socket.write(send));
    socket.once('data', (answer) => finish(expect(answer)));
  });
}
