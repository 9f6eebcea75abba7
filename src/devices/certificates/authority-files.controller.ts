import { Controller, Get, Header, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Public } from '../../auth/access.decorators.js';
import { RawResponse } from '../../common/envelope/raw-response.decorator.js';
import { crlQuerySchema, type CrlQuery } from './certificate.schemas.js';
import { DeviceAuthorities } from './device-authorities.js';
import { RevocationLists } from './revocation-lists.js';

const PEM = 'application/x-pem-file';
/** RFC 2585. */
const CRL = 'application/pkix-crl';

/** What brokers and proxies fetch to check devices' certificates. Nothing in it is secret. */
@ApiTags('device certificates')
@Controller('devices/certificates')
@RawResponse()
export class AuthorityFilesController {
  constructor(
    private readonly authorities: DeviceAuthorities,
    private readonly lists: RevocationLists,
  ) {}

  @Get('ca.pem')
  @Public()
  @Header('Content-Type', PEM)
  @ApiOperation({ summary: "Authorities that devices' certificates are trusted of, the one that signs first (PEM)" })
  @ApiProduces(PEM)
  @ApiOkResponse({
    description: 'Certificates, one after the other',
    content: { [PEM]: { schema: { type: 'string' } } },
  })
  async ca(): Promise<string> {
    return (await this.authorities.trusted()).map(({ certificatePem }) => certificatePem).join('');
  }

  @Get('crl.pem')
  @Public()
  @Header('Content-Type', PEM)
  @ApiOperation({ summary: 'Revocation lists of all of these authorities (PEM), valid for seven days' })
  @ApiProduces(PEM)
  @ApiOkResponse({ description: 'Lists, one after the other', content: { [PEM]: { schema: { type: 'string' } } } })
  async crl(): Promise<string> {
    return this.lists.pem();
  }

  @Get('crl.der')
  @Public()
  @ApiOperation({ summary: 'Revocation list of one authority (DER), as certificates point to it' })
  @ApiProduces(CRL)
  @ApiOkResponse({ description: 'The list', content: { [CRL]: { schema: { type: 'string', format: 'binary' } } } })
  async crlDer(@Query({ schema: crlQuerySchema }) { authority }: CrlQuery): Promise<StreamableFile> {
    return new StreamableFile(await this.lists.der(authority), { type: CRL });
  }
}
