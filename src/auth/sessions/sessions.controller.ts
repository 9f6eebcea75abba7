import { Controller, Delete, Get, HttpCode, HttpStatus, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiPage } from '../../common/openapi/api-data.decorator.js';
import type { Page } from '../../common/pagination/page.js';
import { uuidSchema } from '../../common/validation/schemas.js';
import { SignedIn } from '../access.decorators.js';
import type { AuthenticatedUser } from '../authenticated-user.js';
import { CurrentUser } from '../current-user.decorator.js';
import { OwnAccountService, type OwnSession } from '../own-account.service.js';
import {
  type ListSessions,
  listSessionsSchema,
  SESSION_EXAMPLE,
  type SessionResponse,
  sessionSchema,
} from './session.schemas.js';

/** What the caller is signed in with. */
@ApiTags('auth')
@Controller('auth/sessions')
export class SessionsController {
  constructor(private readonly account: OwnAccountService) {}

  @Get()
  @SignedIn()
  @ApiOperation({ summary: 'Where I am signed in, the session that was used last first' })
  @ApiPage(sessionSchema, { example: [SESSION_EXAMPLE] })
  async list(
    @CurrentUser() user: AuthenticatedUser,
    @Query({ schema: listSessionsSchema }) query: ListSessions,
  ): Promise<Page<SessionResponse>> {
    return (await this.account.listSessions(user.id, query)).map((session) => toResponse(session, user.sessionId));
  }

  @Delete(':id')
  @SignedIn()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'End one of my sessions; its tokens are refused within a second everywhere' })
  async end(@CurrentUser() user: AuthenticatedUser, @Param('id', { schema: uuidSchema }) id: string): Promise<void> {
    await this.account.endSession(user, id);
  }
}

function toResponse({ createdAt, lastUsedAt, expiresAt, ...session }: OwnSession, currentId: string): SessionResponse {
  return {
    ...session,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    current: session.id === currentId,
  };
}
