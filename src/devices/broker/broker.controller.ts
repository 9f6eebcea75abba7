import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { BrokerHook } from '../../auth/access.decorators.js';
import { RawResponse } from '../../common/envelope/raw-response.decorator.js';
import { ApiRaw } from '../../common/openapi/api-data.decorator.js';
import { BrokerAuthority } from '../../mqtt/broker-authority.js';
import {
  brokerAclSchema,
  brokerAdmissionSchema,
  brokerAuthSchema,
  brokerDecisionSchema,
  type BrokerAclQuestion,
  type BrokerAdmissionAnswer,
  type BrokerAnswer,
  type BrokerAuthQuestion,
} from './broker.schemas.js';

const MS_PER_SECOND = 1000;

/** Questions of a broker about devices, in the form of EMQX's HTTP authentication and authorisation. */
@ApiTags('broker')
@Controller('broker')
@RawResponse()
export class BrokerController {
  constructor(private readonly authority: BrokerAuthority) {}

  @Post('auth')
  @BrokerHook()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'May this client connect?' })
  @ApiRaw(brokerAdmissionSchema, { example: { result: 'allow', is_superuser: false } })
  async authenticate(@Body({ schema: brokerAuthSchema }) question: BrokerAuthQuestion): Promise<BrokerAdmissionAnswer> {
    const { clientid: clientId = '', username, password, cert_common_name: certificateName } = question;
    const { decision, expiresAt } = await this.authority.authenticate({
      clientId,
      username,
      password,
      certificateName,
    });
    const answer = { result: decision, is_superuser: false } as const;
    return expiresAt === undefined ? answer : { ...answer, expire_at: Math.floor(expiresAt / MS_PER_SECOND) };
  }

  @Post('acl')
  @BrokerHook()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'May this client publish or subscribe to this topic?' })
  @ApiRaw(brokerDecisionSchema, { example: { result: 'deny' } })
  async authorize(@Body({ schema: brokerAclSchema }) question: BrokerAclQuestion): Promise<BrokerAnswer> {
    const { username, topic, action } = question;
    if (topic === undefined || action === undefined) return { result: 'deny' };
    return { result: await this.authority.authorize(username, topic, action) };
  }
}
