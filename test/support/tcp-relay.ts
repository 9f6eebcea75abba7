import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between a program and a service that a test wants to take away for a while. */
export class TcpRelay {
  private readonly sockets = new Set<Socket>();
  private away = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(host: string, port: number): Promise<TcpRelay> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const relay = new TcpRelay(server, (server.address() as AddressInfo).port);
    server.on('connection', (near) => {
      if (relay.away) return near.destroy();
      const far = connect(port, host);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        relay.sockets.add(one);
        one.on('error', () => other.destroy());
        one.once('close', () => {
          relay.sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    return relay;
  }

  /** Ends every connection, and refuses new ones until `restore`. */
  cut(): void {
    this.away = true;
    for (const socket of this.sockets) socket.destroy();
  }

  restore(): void {
    this.away = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
