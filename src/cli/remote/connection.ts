import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { remoteSettings } from '../../config/cli.config.js';
import { askHidden } from '../hidden-prompt.js';
import { Api, type TokenSource } from './api.js';
import { CliError } from './cli-error.js';
import type { ConnectionOptions } from './connection-options.js';
import { HttpClient } from './http-client.js';
import type { RetryPolicy } from './retries.js';
import { GivenToken, SignedIn } from './token-sources.js';

/**
 * Opens the API that the options name; asks for a password where one is needed.
 * @throws CliError for missing options and files that cannot be read
 */
export async function connect(
  { url, tokenFile, email, caFile, plainHttp, patience }: ConnectionOptions,
  more: Omit<RetryPolicy, 'patienceMs'> = {},
): Promise<Api> {
  const settings = remoteSettings();
  const address = url ?? settings.url;
  if (address === undefined) throw new CliError('Say where the installation is: --url https://…, or HYDROALERT_URL.');
  const ca = caFile === undefined ? undefined : [...rootCertificates, readText(caFile)];
  const http = new HttpClient(address, { ...(ca && { ca }), plainHttp: plainHttp === true });
  const policy = { ...more, patienceMs: patience * 1000 };
  const token = tokenFile === undefined ? settings.token : readText(tokenFile).trim();
  let tokens: TokenSource;
  if (email !== undefined) {
    const account = { email, password: await askHidden('Password: '), askCode: () => askHidden('Code: ') };
    tokens = new SignedIn(http, account, policy);
  } else if (token) tokens = new GivenToken(token);
  else throw new CliError('Say who you are: --token-file, HYDROALERT_TOKEN, or --email.');
  return new Api(http, tokens, policy);
}

/** @throws CliError */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
