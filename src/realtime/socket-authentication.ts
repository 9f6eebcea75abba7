import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Application } from 'express';
import type { Server, Socket } from 'socket.io';
import { clientOfAddress, RateLimits } from '../auth/rate-limits/rate-limits.js';
import { setSocketUser, socketUser } from '../auth/socket-user.js';
import { TokenVerifier } from '../auth/token-verifier.js';
import { ErrorTranslation } from '../common/errors/error-translation.js';
import { UnauthenticatedError } from '../common/errors/errors.js';
import { wsFailureOf } from '../common/errors/ws-exception.filter.js';
import { clientAddress, type TrustsProxy } from '../common/http/client-address.js';
import { newRequestContext, runWithRequestContext } from '../common/request-context/request-context.js';
import { TooManyConnectionsError } from './live.errors.js';

/** Enough for every wall of a control room, and for a load test; a program that forgets to disconnect meets it. */
const MAX_SOCKETS_PER_USER = 1_000;
const MAX_TOKEN_LENGTH = 8_192;

/** Lets clients in who show a valid access token when they connect, and nobody else. */
@Injectable()
export class SocketAuthentication {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly translation: ErrorTranslation,
    private readonly limits: RateLimits,
    private readonly http: HttpAdapterHost,
  ) {}

  /** Puts itself before every connection. A refused client gets a `connect_error` with the error as its `data`. */
  install(server: Server): void {
    server.use((socket, next) => {
      void runWithRequestContext(newRequestContext(), async () => {
        try {
          await this.admit(server, socket);
          next();
        } catch (cause) {
          const { error } = wsFailureOf(this.translation.translate(cause));
          next(Object.assign(new Error(error.message), { data: error }));
        }
      });
    });
  }

  private async admit(server: Server, socket: Socket): Promise<void> {
    await this.limits.countConnection(clientOfAddress(this.addressOf(socket)));
    const token: unknown = socket.handshake.auth['token'];
    if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH) throw new UnauthenticatedError();
    const user = await this.verifier.verify(token);
    let others = 0;
    for (const other of server.of('/').sockets.values()) if (socketUser(other)?.id === user.id) others++;
    if (others >= MAX_SOCKETS_PER_USER) throw new TooManyConnectionsError();
    setSocketUser(socket, user);
  }

  /** The address behind the proxies that are trusted, as HTTP requests are seen. */
  private addressOf(socket: Socket): string {
    const express = this.http.httpAdapter.getInstance<Application>();
    return clientAddress(socket.request, express.get('trust proxy fn') as TrustsProxy);
  }
}
