/** A small HTTP client on node:http: the built-in `fetch` costs each process 30 MB of memory. */
import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/**
 * @param {string} url http only
 * @param {{ method?: string, headers?: Record<string, string>, body?: string, timeoutMs: number }} options
 * @returns {Promise<{ status: number, text: string }>} rejects when there is no whole answer in time
 */
export function ask(url, { method = 'GET', headers, body, timeoutMs }) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(parts).toString() }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
