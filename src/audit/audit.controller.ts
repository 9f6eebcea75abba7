import { Readable } from 'node:stream';
import { Controller, Get, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../auth/access.decorators.js';
import { RateLimited } from '../auth/rate-limits/rate-class.js';
import { csvFile } from '../common/csv/csv-stream.js';
import { ApiData, ApiPage } from '../common/openapi/api-data.decorator.js';
import type { Page } from '../common/pagination/page.js';
import { uuidSchema } from '../common/validation/schemas.js';
import { AuditLog } from './audit-log.js';
import { ownerOfChain } from './audit-entry.js';
import { AuditExport } from './export/audit-export.service.js';
import { AUDIT_CSV_COLUMNS } from './export/export-columns.js';
import { AuditQueries } from './query/audit-queries.service.js';
import { AuditReports } from './query/audit-reports.service.js';
import { AUDIT_ANCHOR_EXAMPLE, AUDIT_RECORD_EXAMPLE, USER_ACTIVITY_EXAMPLE } from './query/audit.examples.js';
import { toAuditRecordResponse } from './query/audit.mapper.js';
import * as schemas from './query/audit.schemas.js';

const { auditRecordSchema, auditAnchorSchema } = schemas;
const NDJSON_TYPE = 'application/x-ndjson';
const BINARY = { schema: { type: 'string' } } as const;

/** The audit log: who did what, when and from where. */
@ApiTags('audit log')
@Controller('audit-logs')
export class AuditController {
  constructor(
    private readonly queries: AuditQueries,
    private readonly reports: AuditReports,
    private readonly exporter: AuditExport,
    private readonly log: AuditLog,
  ) {}

  @Get()
  @RequirePermission('audit:read')
  @ApiOperation({ summary: 'List what was done, the newest first' })
  @ApiPage(auditRecordSchema, { example: [AUDIT_RECORD_EXAMPLE] })
  async list(
    @Query({ schema: schemas.listAuditSchema }) query: schemas.ListAudit,
  ): Promise<Page<schemas.AuditRecordResponse>> {
    return (await this.queries.list(query)).map(toAuditRecordResponse);
  }

  @Get('reports/user-activity')
  @RequirePermission('audit:read')
  @ApiOperation({ summary: 'What a person did, how often and from where; of the last 30 days unless a time is given' })
  @ApiData(schemas.userActivitySchema, { example: USER_ACTIVITY_EXAMPLE })
  userActivity(
    @Query({ schema: schemas.userActivityQuerySchema }) query: schemas.UserActivityQuery,
  ): Promise<schemas.UserActivityResponse> {
    return this.reports.userActivity(query);
  }

  @Get('reports/record-history')
  @RequirePermission('audit:read')
  @ApiOperation({ summary: 'Changes to a record, from its making on' })
  @ApiPage(auditRecordSchema, { example: [AUDIT_RECORD_EXAMPLE] })
  async recordHistory(
    @Query({ schema: schemas.recordHistorySchema }) query: schemas.RecordHistoryQuery,
  ): Promise<Page<schemas.AuditRecordResponse>> {
    return (await this.queries.history(query)).map(toAuditRecordResponse);
  }

  @Get('anchors')
  @RequirePermission('audit:read')
  @ApiOperation({ summary: 'Daily signatures on where the chains stood' })
  @ApiPage(auditAnchorSchema, { example: [AUDIT_ANCHOR_EXAMPLE] })
  anchors(
    @Query({ schema: schemas.listAnchorsSchema }) query: schemas.ListAnchors,
  ): Promise<Page<schemas.AuditAnchorResponse>> {
    return this.reports.anchors(query);
  }

  @Get('export')
  @RateLimited('export')
  @RequirePermission('audit:export')
  @ApiOperation({ summary: 'Export sealed rows, as CSV or as NDJSON that can be verified off line' })
  @ApiOkResponse({ description: 'The file', content: { 'text/csv': BINARY, [NDJSON_TYPE]: BINARY } })
  async export(@Query({ schema: schemas.exportAuditSchema }) query: schemas.ExportAudit): Promise<StreamableFile> {
    const stretches = await this.exporter.stretches(query);
    const { format, from, to } = query;
    const municipalityIds = stretches.map(({ chain }) => ownerOfChain(chain));
    await this.log.note({ action: 'audit_log.exported', municipalityIds, changes: { after: { format, from, to } } });
    if (format === 'csv') return csvFile('audit-log.csv', AUDIT_CSV_COLUMNS, this.exporter.rows(stretches, query));
    const lines = Readable.from(this.exporter.lines(stretches), { objectMode: false });
    return new StreamableFile(lines, { type: NDJSON_TYPE, disposition: 'attachment; filename="audit-log.ndjson"' });
  }

  @Get(':id')
  @RequirePermission('audit:read')
  @ApiOperation({ summary: 'One row of the log' })
  @ApiData(auditRecordSchema, { example: AUDIT_RECORD_EXAMPLE })
  async get(@Param('id', { schema: uuidSchema }) id: string): Promise<schemas.AuditRecordResponse> {
    return toAuditRecordResponse(await this.queries.get(id));
  }
}
