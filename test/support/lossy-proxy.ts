import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to one answer. */
export type Fate = 'deliver' | 'lose' | 'hold';

/** Stands between a program and the API; the server has done its work when an answer is lost or held back. */
export class LossyProxy {
  /** Decides about each answer. */
  fate: (request: { method: string; path: string; status: number }) => Fate = () => 'deliver';
  /** Called for each answer that is held back. */
  onHeld: () => void = () => undefined;
  readonly calls: string[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(target: string): Promise<LossyProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new LossyProxy(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (incoming: IncomingMessage, outgoing) => {
      const { method = 'GET', url = '/', headers } = incoming;
      const forward = request(`${target}${url}`, { method, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.once('end', () => {
          const status = answer.statusCode ?? 0;
          proxy.calls.push(`${method} ${url}`);
          const fate = proxy.fate({ method, path: url, status });
          if (fate === 'lose') outgoing.destroy();
          else if (fate === 'hold') proxy.onHeld();
          else outgoing.writeHead(status, answer.headers).end(Buffer.concat(parts));
        });
      });
      forward.once('error', () => outgoing.destroy());
      incoming.pipe(forward);
    });
    return proxy;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
