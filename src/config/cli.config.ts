/** The password for `create-admin`, where nobody can be asked for it (containers, scripts); undefined when absent or empty. */
export function adminPassword(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  return environment['ADMIN_PASSWORD'] || undefined;
}
