import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';

/** Larger messages than this end the connection; clients only send subscriptions. */
const MAX_MESSAGE_BYTES = 64 * 1024;

type ServerOptions = Parameters<IoAdapter['createIOServer']>[1];
type Server = ReturnType<IoAdapter['createIOServer']>;

/** Socket.IO with the limits and the allowed origins of the installation. */
export class SocketIoAdapter extends IoAdapter {
  constructor(
    app: INestApplicationContext,
    private readonly corsOrigins: readonly string[],
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const cors = this.corsOrigins.length === 0 ? {} : { cors: { origin: [...this.corsOrigins] } };
    return super.createIOServer(port, { ...options, ...cors, maxHttpBufferSize: MAX_MESSAGE_BYTES } as ServerOptions);
  }
}
