import { Injectable, Logger } from '@nestjs/common';
import { socketUser } from '../auth/socket-user.js';
import { TokenVerifier } from '../auth/token-verifier.js';
import { Clock } from '../common/clock.js';
import type { DomainError } from '../common/errors/domain.error.js';
import { UnauthenticatedError } from '../common/errors/errors.js';
import { RegistryVersion } from '../database/registry-version.js';
import { permissionsIn, type Principal } from '../users/principal.js';
import { LiveConnections } from './live-connections.js';
import { RightsChangedError, SessionEndedError } from './live.errors.js';
import type { LiveSession } from './live-session.js';
import { permissionOfTopic } from './live-topics.js';

/** An account that is disabled without a change of the registry is noticed after this time. */
const LOOK_AGAIN_MS = 15_000;
/** What was known of a person may be remembered for a second; after that it is asked anew. */
const AFTER_CHANGE_MS = 1_050;
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * Ends the connections of people whose token or session has ended, who may not use the platform any more, or who may no
 * longer listen to what they subscribed to.
 */
@Injectable()
export class SessionLifetime {
  private readonly logger = new Logger(SessionLifetime.name);
  private readonly interval: NodeJS.Timeout;
  private afterChange: NodeJS.Timeout | undefined;
  private changedAgain = false;

  constructor(
    private readonly connections: LiveConnections,
    private readonly verifier: TokenVerifier,
    private readonly clock: Clock,
    registry: RegistryVersion,
  ) {
    this.interval = setInterval(() => void this.lookAgain(), LOOK_AGAIN_MS).unref();
    registry.onChange(() => this.changed());
    registry.onSessionsEnded(() => void this.lookAgain());
  }

  /** Ends the connection when its token ends. */
  watch(session: LiveSession): void {
    const user = socketUser(session.socket);
    if (!user) return;
    const left = Math.min(user.tokenExpiresAt - this.clock.nowMs(), LONGEST_TIMER_MS);
    const timer = setTimeout(() => this.end(session), Math.max(0, left)).unref();
    session.socket.once('disconnect', () => clearTimeout(timer));
  }

  stop(): void {
    clearInterval(this.interval);
    clearTimeout(this.afterChange);
  }

  /** Looks again a little after every change: a look that is due for an earlier one may come too early for this one. */
  private changed(): void {
    if (this.afterChange) this.changedAgain = true;
    else this.afterChange = setTimeout(() => this.lookAfterChange(), AFTER_CHANGE_MS).unref();
  }

  private lookAfterChange(): void {
    this.afterChange = undefined;
    if (this.changedAgain) this.changed();
    this.changedAgain = false;
    void this.lookAgain();
  }

  private async lookAgain(): Promise<void> {
    for (const session of this.connections.all()) {
      const user = socketUser(session.socket);
      if (!user || session.ended) continue;
      try {
        if (!mayListen(session, await this.verifier.current(user))) this.end(session, new RightsChangedError());
      } catch (error) {
        // Nobody is sent away because the database is away.
        if (error instanceof UnauthenticatedError) this.end(session);
        else this.logger.debug(`a live session could not be checked: ${String(error)}`);
      }
    }
  }

  private end(session: LiveSession, reason: DomainError = new SessionEndedError()): void {
    void this.connections.sendAway(session, reason);
  }
}

/** Whether somebody may still listen to everything that the connection has. */
function mayListen({ subscriptions }: LiveSession, user: Principal): boolean {
  return [...subscriptions.values()].every(({ live, topics }) => {
    const permissions = permissionsIn(user, live.municipalityId);
    return [...topics].every((topic) => permissions.has(permissionOfTopic(topic)));
  });
}
