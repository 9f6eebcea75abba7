import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { Readable, type Writable } from 'node:stream';
import type { INestApplicationContext } from '@nestjs/common';
import { NATIONAL_CHAIN, ownerOfChain } from '../audit/audit-entry.js';
import { keyIdOf } from '../audit/audit-keys.js';
import { AuditLog } from '../audit/audit-log.js';
import { AuditVerifier } from '../audit/audit-verifier.js';
import type { Finding } from '../audit/chain-verifier.js';
import { AuditExport, type ExportSelection } from '../audit/export/audit-export.service.js';
import { AUDIT_CSV_COLUMNS } from '../audit/export/export-columns.js';
import { ExportVerifier } from '../audit/export/export-verifier.js';
import type { PublicKeys } from '../audit/signatures.js';
import { NotFoundError } from '../common/errors/errors.js';
import { csvStream } from '../common/csv/csv-stream.js';
import type { AppConfig } from '../config/app-config.js';
import { MunicipalitiesModule } from '../municipalities/municipalities.module.js';
import { MunicipalityService } from '../municipalities/municipality.service.js';
import { withRooms } from './cli-context.js';
import type { Report } from './report.js';

const ROOMS = { imports: [MunicipalitiesModule] };
const SHOWN_FINDINGS = 20;

/**
 * Checks the audit log of the database.
 * @param municipality id or code, or `national`; all chains when undefined
 * @param keyFile public keys (PEM) that were kept elsewhere
 * @returns whether all is as it was written
 */
export function verifyDatabase(
  config: AppConfig,
  { municipality, keyFile }: { municipality?: string | undefined; keyFile?: string | undefined },
  report: Report,
): Promise<boolean> {
  const trusted = keyFile === undefined ? undefined : readKeys(keyFile);
  return withRooms(config, ROOMS, async (app) => {
    const verifier = app.get(AuditVerifier, { strict: false });
    const chains = municipality === undefined ? await verifier.chains() : [await chainNamed(app, municipality)];
    let sound = true;
    for (const chain of chains) {
      const { rows, head, pending, findings } = await verifier.verify(chain, trusted);
      sound &&= findings.length === 0;
      report(
        `${findings.length === 0 ? 'ok    ' : 'BROKEN'} ${chain}: ${rows} rows, ends at ${head.position} ${head.hash}` +
          (pending > 0 ? `, ${pending} not sealed yet` : ''),
      );
      reportFindings(findings, report);
    }
    report(
      sound
        ? `${chains.length} ${chains.length === 1 ? 'chain is as it was' : 'chains are as they were'} written`
        : 'the audit log was touched',
    );
    return sound;
  });
}

/**
 * Checks an export, without a database.
 * @param keyFile public keys (PEM) that were kept elsewhere
 * @returns whether all is as it was exported
 */
export async function verifyFile(file: string, keyFile: string | undefined, report: Report): Promise<boolean> {
  if (/\.csv$/i.test(file)) throw new Error('Only NDJSON exports can be verified; CSV is for reading.');
  const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity });
  const verifier = new ExportVerifier(keyFile === undefined ? undefined : readKeys(keyFile));
  const { exportedAt, chains, keys, findings } = await verifier.verify(lines);
  for (const { chain, rows, from, to } of chains) report(`${chain}: ${rows} rows, positions ${from} to ${to}`);
  reportFindings(findings, report);
  const sound = findings.length === 0;
  report(sound ? `the export of ${exportedAt} is as it was written` : 'the export was touched');
  if (keyFile === undefined) report(`its keys come from the file itself; compare them: ${keys.join(', ')}`);
  return sound;
}

/** Writes sealed rows to a file, or to standard output; like every export, it stands in the log itself. */
export function exportAuditLog(
  config: AppConfig,
  { municipality, format, ...range }: { municipality?: string | undefined; format: 'csv' | 'ndjson' } & ExportSelection,
  output: string | undefined,
): Promise<void> {
  return withRooms(config, ROOMS, async (app) => {
    const exporter = app.get(AuditExport, { strict: false });
    const chain = municipality === undefined ? undefined : await chainNamed(app, municipality);
    const stretches = (await exporter.stretches(range)).filter((found) => chain === undefined || found.chain === chain);
    const municipalityIds = stretches.map((found) => ownerOfChain(found.chain));
    const after = { format, ...range };
    await app
      .get(AuditLog, { strict: false })
      .note({ action: 'audit_log.exported', municipalityIds, changes: { after } });
    const content =
      format === 'csv'
        ? csvStream(AUDIT_CSV_COLUMNS, exporter.rows(stretches, range))
        : Readable.from(exporter.lines(stretches), { objectMode: false });
    const target: Writable = output === undefined ? process.stdout : createWriteStream(output, { mode: 0o600 });
    await pipeline(content, target, { end: output !== undefined });
  });
}

async function chainNamed(app: INestApplicationContext, municipality: string): Promise<string> {
  if (municipality === NATIONAL_CHAIN) return NATIONAL_CHAIN;
  const found = await app.get(MunicipalityService, { strict: false }).findByCode(municipality);
  if (found) return found.id;
  // The log outlives its municipality, so whoever has the id finds it.
  const chains = await app.get(AuditVerifier, { strict: false }).chains();
  if (chains.includes(municipality.toLowerCase())) return municipality.toLowerCase();
  throw new NotFoundError('MUNICIPALITY_NOT_FOUND', `There is no municipality "${municipality}" with an audit log.`);
}

function reportFindings(findings: readonly Finding[], report: Report): void {
  for (const [i, { chain, position, auditId, problem }] of findings.slice(0, SHOWN_FINDINGS).entries()) {
    const where = [chain, position === null ? '' : `position ${position}`, auditId === null ? '' : `row ${auditId}`];
    report(`  ${i === 0 ? 'first: ' : ''}${where.filter((part) => part !== '').join(', ')}: ${problem}`);
  }
  if (findings.length > SHOWN_FINDINGS) report(`  and ${findings.length - SHOWN_FINDINGS} more`);
}

/** Public keys of a file: one PEM block after the other. @throws Error for what is no key */
function readKeys(file: string): PublicKeys {
  const blocks = readFileSync(file, 'utf8').match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];
  if (blocks.length === 0) throw new Error(`${file} holds no public key in PEM form.`);
  return new Map(blocks.map((pem) => [keyIdOf(pem), pem]));
}
