import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../auth/access.decorators.js';
import { Clock } from '../../common/clock.js';
import { ApiConflict } from '../../common/openapi/api-conflict.decorator.js';
import { ApiData, ApiPage } from '../../common/openapi/api-data.decorator.js';
import type { Page } from '../../common/pagination/page.js';
import { deviceIdSchema, uuidSchema } from '../../common/validation/schemas.js';
import { ADDED_CREDENTIAL_EXAMPLE, CREDENTIAL_EXAMPLE } from './credential.examples.js';
import { toAddedResponse, toCredentialResponse } from './credential.mapper.js';
import { CredentialRotationService } from './credential-rotation.service.js';
import {
  addCredentialSchema,
  addedCredentialSchema,
  credentialSchema,
  listCredentialsSchema,
  type AddCredential,
  type AddedCredentialResponse,
  type CredentialResponse,
  type ListCredentials,
} from './credential.schemas.js';
import { CredentialsService } from './credentials.service.js';

const DEVICE = { schema: deviceIdSchema };

/** The credentials that a device has, one by one. */
@ApiTags('devices')
@Controller('devices/:deviceId/credentials')
export class CredentialsController {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly rotation: CredentialRotationService,
    private readonly clock: Clock,
  ) {}

  @Get()
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'The credentials of a device, the newest first; never their secrets' })
  @ApiPage(credentialSchema, { example: [CREDENTIAL_EXAMPLE] })
  async list(
    @Param('deviceId', DEVICE) deviceId: string,
    @Query({ schema: listCredentialsSchema }) query: ListCredentials,
  ): Promise<Page<CredentialResponse>> {
    const now = this.clock.nowMs();
    return (await this.credentials.list(deviceId, query)).map((credential) => toCredentialResponse(credential, now));
  }

  @Post()
  @RequirePermission('device:write')
  @ApiOperation({
    summary: 'Another credential for a device; its secret is shown once',
    description: 'With `overlapSeconds` it takes the place of those of its kind, which go on working for that long.',
  })
  @ApiConflict({ TOO_MANY_CREDENTIALS: 'The device has 10 live ones of this kind: revoke one first.' })
  @ApiData(addedCredentialSchema, { status: 201, description: 'Made', example: ADDED_CREDENTIAL_EXAMPLE })
  async add(
    @Param('deviceId', DEVICE) deviceId: string,
    @Body({ schema: addCredentialSchema }) { kind, overlapSeconds }: AddCredential,
  ): Promise<AddedCredentialResponse> {
    const added = await this.rotation.add(deviceId, kind, overlapSeconds);
    return toAddedResponse(deviceId, added, this.clock.nowMs());
  }

  @Delete(':credentialId')
  @RequirePermission('device:write')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Revoke a credential at every door, within a second' })
  @ApiNoContentResponse({ description: 'Revoked' })
  async revoke(
    @Param('deviceId', DEVICE) deviceId: string,
    @Param('credentialId', { schema: uuidSchema }) credentialId: string,
  ): Promise<void> {
    await this.credentials.revoke(deviceId, credentialId);
  }
}
