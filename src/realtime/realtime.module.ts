import { Module } from '@nestjs/common';
import { WsExceptionFilter } from '../common/errors/ws-exception.filter.js';
import { MunicipalitiesModule } from '../municipalities/municipalities.module.js';
import { LiveAccess } from './live-access.js';
import { LiveConnections } from './live-connections.js';
import { LiveFeeds } from './live-feeds.js';
import { LiveGateway } from './live.gateway.js';
import { LiveSubscriptions } from './live-subscriptions.js';
import { PositionCheck } from './position-check.js';
import { SessionLifetime } from './session-lifetime.js';
import { SocketAuthentication } from './socket-authentication.js';
import { StreamTail } from './stream-tail.js';

/** The live door: whoever may see a municipality is told what happens there, without gap or repeat. */
@Module({
  imports: [MunicipalitiesModule],
  providers: [
    LiveAccess,
    LiveConnections,
    LiveFeeds,
    LiveGateway,
    LiveSubscriptions,
    PositionCheck,
    SessionLifetime,
    SocketAuthentication,
    StreamTail,
    WsExceptionFilter,
  ],
})
export class RealtimeModule {}
