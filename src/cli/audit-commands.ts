import { Command, InvalidArgumentError, Option } from 'commander';
import { instantSchema } from '../common/validation/schemas.js';
import { loadConfig } from '../config/load-config.js';
import type { Report } from './report.js';

/** `audit verify` and `audit export`. @param onTouched called when the log is not as it was written */
export function auditCommand(print: Report, onTouched: () => void): Command {
  const audit = new Command('audit').description('Verify and export the audit log').exitOverride();
  audit.addCommand(verifyCommand(print, onTouched));
  audit.addCommand(exportCommand());
  for (const command of audit.commands) command.exitOverride();
  return audit;
}

function verifyCommand(print: Report, onTouched: () => void): Command {
  return new Command('verify')
    .description('Check the audit log of the database, or an export off line; exit code 3 when it was touched')
    .option('--municipality <id|code>', 'only the chain of this municipality, or "national"')
    .option('--file <export.ndjson>', 'check this export instead of the database')
    .option('--public-key <file>', 'trust only the keys (PEM) of this file, which was kept elsewhere')
    .action(async (options: { municipality?: string; file?: string; publicKey?: string }) => {
      const { municipality, file, publicKey: keyFile } = options;
      const { verifyDatabase, verifyFile } = await import('./audit.js');
      const sound = file
        ? await verifyFile(file, keyFile, print)
        : await verifyDatabase(loadConfig(), { municipality, keyFile }, print);
      if (!sound) onTouched();
    });
}

function exportCommand(): Command {
  return new Command('export')
    .description('Write the sealed rows of the audit log')
    .addOption(new Option('--format <format>', 'what to write').choices(['ndjson', 'csv']).default('ndjson'))
    .option('--municipality <id|code>', 'only the chain of this municipality, or "national"')
    .option('--from <instant>', 'not before this instant (RFC 3339)', instant)
    .option('--to <instant>', 'before this instant (RFC 3339)', instant)
    .option('--output <file>', 'write here instead of to standard output')
    .action(async (options: ExportOptions) => {
      const { output, ...selection } = options;
      const { exportAuditLog } = await import('./audit.js');
      await exportAuditLog(loadConfig(), selection, output);
    });
}

interface ExportOptions {
  readonly format: 'csv' | 'ndjson';
  readonly municipality?: string;
  readonly from?: Date;
  readonly to?: Date;
  readonly output?: string;
}

function instant(text: string): Date {
  const parsed = instantSchema.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('It must be an instant such as 2026-03-01T12:00:00Z.');
  return parsed.data;
}
