import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../auth/access.decorators.js';
import { Clock } from '../../common/clock.js';
import { ApiData, ApiPage } from '../../common/openapi/api-data.decorator.js';
import type { Page } from '../../common/pagination/page.js';
import { deviceIdSchema } from '../../common/validation/schemas.js';
import { toIssuedResponse } from './certificate-authority.js';
import { CERTIFICATE_EXAMPLE, GENERATED_EXAMPLE, REVOKED_EXAMPLE } from './certificate.examples.js';
import { toCertificateResponse } from './certificate.mapper.js';
import {
  certificateSchema,
  fingerprintSchema,
  generateCertificateSchema,
  generatedCertificateSchema,
  listCertificatesSchema,
  revokeCertificateSchema,
  type CertificateResponse,
  type GenerateCertificate,
  type GeneratedCertificateResponse,
  type ListCertificates,
  type RevokeCertificate,
} from './certificate.schemas.js';
import { CertificatesService } from './certificates.service.js';

/** Certificates of devices: issued, listed, revoked. */
@ApiTags('device certificates')
@Controller('devices')
export class CertificatesController {
  constructor(
    private readonly certificates: CertificatesService,
    private readonly clock: Clock,
  ) {}

  @Post('certificates/generate')
  @RequirePermission('device:write')
  @ApiOperation({ summary: 'Issue a certificate, for a key from a request (CSR) or a new one that is shown once' })
  @ApiData(generatedCertificateSchema, {
    status: HttpStatus.CREATED,
    description: 'Issued',
    example: GENERATED_EXAMPLE,
  })
  async generate(
    @Body({ schema: generateCertificateSchema }) body: GenerateCertificate,
  ): Promise<GeneratedCertificateResponse> {
    return { deviceId: body.deviceId, ...toIssuedResponse(await this.certificates.generate(body)) };
  }

  @Post('certificates/:fingerprint/revoke')
  @RequirePermission('device:write')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Revoke a certificate: it ends at every door within a second, and stands on the revocation list',
  })
  @ApiData(certificateSchema, { example: REVOKED_EXAMPLE })
  async revoke(
    @Param('fingerprint', { schema: fingerprintSchema }) fingerprint: string,
    @Body({ schema: revokeCertificateSchema }) { reason }: RevokeCertificate,
  ): Promise<CertificateResponse> {
    return toCertificateResponse(await this.certificates.revoke(fingerprint, reason), this.clock.nowMs());
  }

  @Get(':deviceId/certificates')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'List the certificates of a device, the oldest first' })
  @ApiPage(certificateSchema, { example: [CERTIFICATE_EXAMPLE] })
  async list(
    @Param('deviceId', { schema: deviceIdSchema }) deviceId: string,
    @Query({ schema: listCertificatesSchema }) query: ListCertificates,
  ): Promise<Page<CertificateResponse>> {
    const now = this.clock.nowMs();
    return (await this.certificates.list(deviceId, query)).map((item) => toCertificateResponse(item, now));
  }
}
