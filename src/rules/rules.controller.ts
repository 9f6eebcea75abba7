import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../auth/access.decorators.js';
import type { AuthenticatedUser } from '../auth/authenticated-user.js';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiConflict, VERSION_CONFLICT } from '../common/openapi/api-conflict.decorator.js';
import { ApiData, ApiPage } from '../common/openapi/api-data.decorator.js';
import type { Page } from '../common/pagination/page.js';
import { uuidSchema } from '../common/validation/schemas.js';
import { IfMatch } from '../common/versioning/if-match.decorator.js';
import { expectedVersion, type ExpectedVersion } from '../common/versioning/version.js';
import { createRuleSchema, type CreateRule } from './rule-definition.js';
import { RANGE_RULE_EXAMPLE, THRESHOLD_RULE_EXAMPLE } from './rule.examples.js';
import { toRuleResponse } from './rule.mapper.js';
import {
  listRulesSchema,
  patchRuleSchema,
  ruleSchema,
  type ListRules,
  type PatchRule,
  type RuleResponse,
} from './rule.schemas.js';
import { RulesService } from './rules.service.js';

const ID = { schema: uuidSchema };

/** Rules that open alerts. */
@ApiTags('Alert rules')
@Controller('alert-rules')
export class RulesController {
  constructor(private readonly rules: RulesService) {}

  @Get()
  @RequirePermission('rule:read')
  @ApiOperation({ summary: 'List the rules of the municipality and the national ones, oldest first' })
  @ApiPage(ruleSchema, { example: [THRESHOLD_RULE_EXAMPLE, RANGE_RULE_EXAMPLE] })
  async list(@Query({ schema: listRulesSchema }) query: ListRules): Promise<Page<RuleResponse>> {
    return (await this.rules.list(query)).map(toRuleResponse);
  }

  @Get(':id')
  @RequirePermission('rule:read')
  @ApiOperation({ summary: 'One rule' })
  @ApiData(ruleSchema, { example: THRESHOLD_RULE_EXAMPLE })
  async get(@Param('id', ID) id: string): Promise<RuleResponse> {
    return toRuleResponse(await this.rules.get(id));
  }

  @Post()
  @RequirePermission('rule:write')
  @ApiOperation({ summary: 'Add a rule; it judges readings that come from now on' })
  @ApiData(ruleSchema, { status: 201, description: 'Added', example: THRESHOLD_RULE_EXAMPLE })
  async create(@Body({ schema: createRuleSchema }) body: CreateRule): Promise<RuleResponse> {
    return toRuleResponse(await this.rules.create(body));
  }

  @Patch(':id')
  @RequirePermission('rule:write')
  @ApiOperation({ summary: 'Change a rule; open alerts of sensors that it stops to watch are resolved' })
  @ApiData(ruleSchema, { example: { ...THRESHOLD_RULE_EXAMPLE, value: 380, severity: 'CRITICAL', version: 2 } })
  @ApiConflict(VERSION_CONFLICT)
  async update(
    @Param('id', ID) id: string,
    @Body({ schema: patchRuleSchema }) { version, ...patch }: PatchRule,
    @IfMatch() ifMatch: ExpectedVersion,
    @CurrentUser() user: AuthenticatedUser,
  ): Promise<RuleResponse> {
    return toRuleResponse(await this.rules.update(id, patch, user.id, expectedVersion(ifMatch, version)));
  }

  @Delete(':id')
  @RequirePermission('rule:write')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Delete a rule; its open alerts are resolved, its alerts stay' })
  @ApiNoContentResponse({ description: 'Deleted' })
  @ApiConflict(VERSION_CONFLICT)
  async remove(
    @Param('id', ID) id: string,
    @IfMatch() ifMatch: ExpectedVersion,
    @CurrentUser() user: AuthenticatedUser,
  ): Promise<void> {
    await this.rules.remove(id, user.id, ifMatch);
  }
}
