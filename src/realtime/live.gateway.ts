import { type BeforeApplicationShutdown, UseFilters } from '@nestjs/common';
import {
  Ack,
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import type { Server, Socket } from 'socket.io';
import { SignedIn } from '../auth/access.decorators.js';
import { RateLimitedError } from '../common/errors/errors.js';
import { type WsFailure, wsFailureOf } from '../common/errors/ws-exception.filter.js';
import { newRequestContext, runWithRequestContext } from '../common/request-context/request-context.js';
import { LiveConnections } from './live-connections.js';
import { LiveExceptionFilter } from './live-exception.filter.js';
import { LiveFeeds } from './live-feeds.js';
import { type Subscribe, subscribeSchema, type Unsubscribe, unsubscribeSchema } from './live.schemas.js';
import { type Answer, LiveSubscriptions } from './live-subscriptions.js';
import { SessionLifetime } from './session-lifetime.js';
import { SocketAuthentication } from './socket-authentication.js';

/** The live door: Socket.IO at `/ws`. Clients subscribe to topics of a municipality and are told what happens there. */
@UseFilters(LiveExceptionFilter)
@WebSocketGateway({ path: '/ws', connectTimeout: 10_000, pingInterval: 20_000, pingTimeout: 20_000 })
export class LiveGateway
  implements OnGatewayInit<Server>, OnGatewayConnection<Socket>, OnGatewayDisconnect<Socket>, BeforeApplicationShutdown
{
  constructor(
    private readonly authentication: SocketAuthentication,
    private readonly connections: LiveConnections,
    private readonly lifetime: SessionLifetime,
    private readonly feeds: LiveFeeds,
    private readonly subscriptions: LiveSubscriptions,
  ) {}

  afterInit(server: Server): void {
    this.feeds.attach(server);
    this.authentication.install(server);
  }

  handleConnection(socket: Socket): void {
    const session = this.connections.add(socket);
    this.lifetime.watch(session);
    // Every message has a context of its own, like every request.
    socket.use((event, next) => {
      runWithRequestContext(newRequestContext(), () => (session.mayAsk() ? next() : refuse(socket, event)));
    });
  }

  handleDisconnect(socket: Socket): void {
    this.connections.remove(socket);
  }

  @SubscribeMessage('subscribe')
  @SignedIn()
  async subscribe(
    @ConnectedSocket() socket: Socket,
    @MessageBody({ schema: subscribeSchema }) message: Subscribe,
    @Ack() acknowledge: Answer | undefined,
  ): Promise<void> {
    await this.subscriptions.subscribe(this.connections.of(socket), message, (answer) => acknowledge?.(answer));
  }

  @SubscribeMessage('unsubscribe')
  @SignedIn()
  async unsubscribe(
    @ConnectedSocket() socket: Socket,
    @MessageBody({ schema: unsubscribeSchema }) message: Unsubscribe,
    @Ack() acknowledge: Answer | undefined,
  ): Promise<void> {
    await this.subscriptions.unsubscribe(this.connections.of(socket), message, (answer) => acknowledge?.(answer));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.lifetime.stop();
    await this.connections.closeAll();
    this.feeds.closeAll();
  }
}

/** Answers a message that came too soon after others. */
function refuse(socket: Socket, event: readonly unknown[]): void {
  const failure = wsFailureOf(new RateLimitedError(1));
  const acknowledge = event.at(-1);
  if (typeof acknowledge === 'function') (acknowledge as (answer: WsFailure) => void)(failure);
  else socket.emit('exception', failure);
}
