import { Command, CommanderError } from 'commander';
import { ZodError } from 'zod';
import { DomainError } from '../common/errors/domain.error.js';
import { ConfigError } from '../config/config.error.js';
import { adminPassword } from '../config/cli.config.js';
import { loadConfig } from '../config/load-config.js';
import { auditCommand } from './audit-commands.js';
import { askHidden } from './hidden-prompt.js';
import { CliError } from './remote/cli-error.js';
import { remoteCommands } from './remote-commands.js';

const EXIT_FAILED = 1;
const EXIT_PENDING = 2;
const EXIT_TOUCHED = 3;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/**
 * Runs one command of `npm run cli -- …`.
 * The code of a command is loaded when it is called, so that one that speaks to an API does not wait for the whole application.
 * @returns the exit code: 0 done, 1 failed or not understood (told on standard error), 2 migrations are pending, 3 the audit
 *   log was touched, 4 some devices of several failed, 130 interrupted
 */
export async function runCli(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = new Command('hydroalert')
    .description(
      'Operations on a HydroAlert installation. Commands on its database take their settings from the environment and from ' +
        '.env, as the application does; provision, simulate and device speak to its API and need none of them.',
    )
    .exitOverride();
  program.addCommand(migrateCommand(() => (exitCode = EXIT_PENDING)));
  program.addCommand(createAdminCommand());
  program.addCommand(seedDemoCommand());
  program.addCommand(auditCommand(print, () => (exitCode = EXIT_TOUCHED)));
  for (const command of remoteCommands(print, (code) => (exitCode = code))) program.addCommand(command);
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    process.stderr.write(`${explain(error)}\n`);
    return EXIT_FAILED;
  }
}

function migrateCommand(onPending: () => void): Command {
  return new Command('migrate')
    .description(
      'Bring the database to this version: schema, extensions, partitions of the coming months, reference data',
    )
    .option('--status', 'only tell what is applied and what is pending (exit code 2 when something is)')
    .action(async ({ status }: { status?: true }) => {
      const { migrate, migrationStatus } = await import('./migrate.js');
      await quietLibraries();
      const config = loadConfig();
      if (!status) await migrate(config, print);
      else if (!(await migrationStatus(config, print))) onPending();
    });
}

function createAdminCommand(): Command {
  return new Command('create-admin')
    .description('Make the account of a super admin; the password is asked for, or taken from ADMIN_PASSWORD')
    .requiredOption('--email <address>', 'address to sign in with')
    .option('--name <name>', 'name of the person', 'Administrator')
    .action(async ({ email, name }: { email: string; name: string }) => {
      const config = loadConfig();
      const { createAdmin } = await import('./create-admin.js');
      await quietLibraries();
      const password = adminPassword() ?? (await askHidden('Password: '));
      const admin = await createAdmin(config, { email, name, password });
      print(`created the super admin ${admin.email} (${admin.id})`);
    });
}

function seedDemoCommand(): Command {
  return new Command('seed-demo')
    .description('Fill the migrated database with a demo country and write the credentials of its people and devices')
    .requiredOption('--output <file>', 'JSON file that gets the credentials; those that it holds already stay valid')
    .action(async ({ output }: { output: string }) => {
      const { seedDemo } = await import('./seed-demo.js');
      await quietLibraries();
      const { users, devices } = await seedDemo(loadConfig(), output);
      print(`${users.length} people and ${devices.length} devices are in ${output}`);
    });
}

/** Only what is wrong is told; standard output belongs to the commands. */
async function quietLibraries(): Promise<void> {
  const { Logger } = await import('@nestjs/common');
  Logger.overrideLogger(['warn', 'error', 'fatal']);
}

/** What is the caller's to mend is told in a sentence, the rest with where it happened. */
function explain(error: unknown): string {
  if (error instanceof ConfigError || error instanceof CliError) return error.message;
  if (error instanceof ZodError)
    return error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('\n');
  if (error instanceof DomainError) {
    return [error.message, ...(error.errors ?? []).map(({ path, message }) => `  ${path}: ${message}`)].join('\n');
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
