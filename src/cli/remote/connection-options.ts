import { type Command, InvalidArgumentError } from 'commander';

const PATIENCE_SECONDS = 120;

/** How an installation is reached, as the options say. */
export interface ConnectionOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly email?: string;
  readonly caFile?: string;
  readonly plainHttp?: true;
  readonly patience: number;
  /** Names of the options that somebody gave, as opposed to those that stand by default. */
  readonly given?: readonly string[];
}

/** Adds the options that every command to an installation has. */
export function withConnection(command: Command): Command {
  return command
    .option('--url <address>', 'address of the installation, such as https://hydroalert.example (or HYDROALERT_URL)')
    .option('--token-file <file>', 'file that holds an access token (or HYDROALERT_TOKEN)')
    .option(
      '--email <address>',
      'sign in as this person instead; the password is asked for, or read from standard input',
    )
    .option('--ca-file <file>', 'certificates (PEM) of the private authority that signed the certificate of the server')
    .option('--plain-http', 'speak HTTP without TLS to another machine; tokens and keys are then readable on the way')
    .option('--patience <seconds>', 'how long to wait for an installation that is away', seconds, PATIENCE_SECONDS)
    .hook('preAction', () => {
      const names = command.options.map((option) => option.attributeName());
      command.setOptionValue(
        'given',
        names.filter((name) => command.getOptionValueSource(name) === 'cli'),
      );
    });
}

/** Reads a number above 0 of an option. */
export function seconds(text: string): number {
  const number = Number(text);
  if (!(number > 0) || !Number.isFinite(number)) throw new InvalidArgumentError('It must be a number above 0.');
  return number;
}

/** Reads a whole number above 0 of an option. */
export function count(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return number;
}

/** Reads a duration of an option: seconds, or a number with s, m, h or d. @returns seconds */
export function duration(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError('It must be a duration such as 90, 15m, 24h or 7d.');
  return Math.round(Number(number) * UNITS[unit]!);
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
