import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { BrokerHook } from '../../auth/access.decorators.js';
import { RawResponse } from '../../common/envelope/raw-response.decorator.js';
import { ApiRaw } from '../../common/openapi/api-data.decorator.js';
import { BrokerAuthority } from '../../mqtt/broker-authority.js';
import {
  brokerAclSchema,
  brokerAuthSchema,
  brokerDecisionSchema,
  type BrokerAclQuestion,
  type BrokerAnswer,
  type BrokerAuthQuestion,
} from './broker.schemas.js';

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
  @ApiRaw(brokerDecisionSchema, { example: { result: 'allow' } })
  async authenticate(@Body({ schema: brokerAuthSchema }) question: BrokerAuthQuestion): Promise<BrokerAnswer> {
    const { clientid = '', username, password } = question;
    return { result: await this.authority.authenticate(clientid, username, password) };
  }

  @Post('acl')
  @BrokerHook()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'May this client publish or subscribe to this topic?' })
  @ApiRaw(brokerDecisionSchema, { example: { result: 'deny' } })
  async authorize(@Body({ schema: brokerAclSchema }) question: BrokerAclQuestion): Promise<BrokerAnswer> {
    const { clientid = '', username, topic, action } = question;
    if (topic === undefined || action === undefined) return { result: 'deny' };
    return { result: await this.authority.authorize(clientid, username, topic, action) };
  }
}
