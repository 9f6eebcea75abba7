/** The password for `create-admin`, where nobody can be asked for it (containers, scripts); undefined when absent or empty. */
export function adminPassword(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  return environment['ADMIN_PASSWORD'] || undefined;
}

/** Where the commands that speak to an installation from outside find it, and as whom; each undefined when absent or empty. */
export interface RemoteSettings {
  readonly url: string | undefined;
  readonly token: string | undefined;
}

/** Defaults of `--url` and `--token-file`, so that a token stands neither in a file nor among the processes. */
export function remoteSettings(environment: NodeJS.ProcessEnv = process.env): RemoteSettings {
  return { url: environment['HYDROALERT_URL'] || undefined, token: environment['HYDROALERT_TOKEN'] || undefined };
}
