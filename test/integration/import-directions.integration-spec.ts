import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseResult, type IConfiguration } from 'dependency-cruiser';
import { afterAll, describe, expect, it } from 'vitest';

const require = createRequire(import.meta.url);
const project = join(import.meta.dirname, '../..');
const config = require('../../.dependency-cruiser.cjs') as Required<Pick<IConfiguration, 'forbidden' | 'options'>>;

/** Files by path; a file's text is the list of what it imports. */
type Tree = Readonly<Record<string, readonly string[]>>;

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** Names of the rules that a tree breaks. */
async function brokenRules(tree: Tree): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'imports-'));
  folders.push(folder);
  const devDependencies = { vitest: '*' };
  const dependencies = Object.fromEntries(['ioredis', 'pg', 'mqtt', '@nestjs/common'].map((name) => [name, '*']));
  const files = Object.entries(tree).map(([path, imports]): [string, string] => [
    path,
    imports.map((from) => `import '${from}';`).join('\n'),
  ]);
  for (const [path, text] of [...files, ['package.json', JSON.stringify({ dependencies, devDependencies })] as const]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
  const options = { ...config.options, baseDir: folder, ruleSet: { forbidden: config.forbidden }, validate: true };
  const { output } = await cruise(Object.keys(tree), options);
  const { violations } = (output as ICruiseResult).summary;
  return [...new Set(violations.map(({ rule }) => rule.name))].toSorted();
}

/** A file that imports another one of ours. */
function importing(from: string, to: string): Tree {
  const up = '../'.repeat(from.split('/').length - 1);
  return { [from]: [`${up}${to.replace(/\.ts$/, '.js')}`], [to]: ['node:path'] };
}

const ALLOWED: readonly (readonly [from: string, to: string])[] = [
  ['src/app.module.ts', 'src/monitoring/monitoring.module.ts'],
  ['src/main.ts', 'src/app.factory.ts'],
  ['src/cli/migrate.command.ts', 'src/backups/backup.service.ts'],
  ['src/devices/devices.service.ts', 'src/database/transaction.ts'],
  ['src/devices/devices.service.ts', 'src/devices/sensors/sensor.entity.ts'],
  ['src/devices/devices.module.ts', 'src/devices/devices.controller.ts'],
  ['src/readings/ingestion.service.ts', 'src/devices/device-registry.ts'],
  ['src/reports/report.service.ts', 'src/readings/reading.entity.ts'],
  ['src/alerts/alert.service.ts', 'src/rules/evaluator.ts'],
  ['src/warnings/warning.service.ts', 'src/alerts/alert.entity.ts'],
  ['src/users/user.service.ts', 'src/municipalities/municipality.entity.ts'],
  ['src/auth/access.guard.ts', 'src/users/principal.ts'],
  ['src/auth/sign-in.service.ts', 'src/audit/audit.service.ts'],
  ['src/municipalities/municipalities.controller.ts', 'src/auth/access.decorators.ts'],
  ['src/outbox/outbox.service.ts', 'src/database/transaction.ts'],
  ['src/outbox/outbox-event.entity.ts', 'src/municipalities/municipality.entity.ts'],
  ['src/outbox/outbox-relay.ts', 'src/redis/redis-streams.ts'],
  ['src/database/entities.ts', 'src/devices/device.entity.ts'],
  ['src/realtime/live.gateway.ts', 'src/alerts/alert.mapper.ts'],
  ['src/common/errors/errors.spec.ts', 'test/support/app.ts'],
];

/** One tree per rule (or more), each of which breaks that rule. */
const BREAKING: readonly (readonly [rule: string, tree: Tree])[] = [
  ['room-common', importing('src/common/clock.ts', 'src/config/app-config.ts')],
  ['room-config', importing('src/config/app-config.ts', 'src/common/clock.ts')],
  ['config-imports-no-room', importing('src/config/app-config.ts', 'src/database/sql.ts')],
  ['room-database', importing('src/database/transaction.ts', 'src/devices/device.entity.ts')],
  ['room-database', importing('src/database/sql.ts', 'src/redis/cache.ts')],
  ['entity-lists-import-entities-only', importing('src/database/entities.ts', 'src/devices/devices.service.ts')],
  ['entity-lists-import-entities-only', importing('src/database/seeders/types.ts', 'src/devices/devices.service.ts')],
  ['room-mail', importing('src/mail/mailer.ts', 'src/users/user.entity.ts')],
  ['room-redis', importing('src/redis/cache.ts', 'src/queue/queue.module.ts')],
  ['room-queue', importing('src/queue/queue.module.ts', 'src/outbox/outbox.service.ts')],
  ['room-mqtt', importing('src/mqtt/topics.ts', 'src/devices/device-registry.ts')],
  ['room-mqtt', importing('src/mqtt/topics.ts', 'src/database/sql.ts')],
  ['room-outbox', importing('src/outbox/outbox.service.ts', 'src/alerts/alert.entity.ts')],
  ['room-outbox', importing('src/outbox/outbox.service.ts', 'src/mqtt/mqtt-publisher.ts')],
  ['room-outbox', importing('src/outbox/outbox.service.ts', 'src/municipalities/municipality.entity.ts')],
  [
    'outbox-entities-import-the-tenant-only',
    importing('src/outbox/outbox-event.entity.ts', 'src/devices/device.entity.ts'),
  ],
  ['room-storage', importing('src/storage/local.storage.ts', 'src/reports/report.entity.ts')],
  ['room-audit', importing('src/audit/audit.service.ts', 'src/users/user.entity.ts')],
  ['room-municipalities', importing('src/municipalities/municipality.service.ts', 'src/users/user.entity.ts')],
  ['room-municipalities', importing('src/municipalities/municipality.service.ts', 'src/auth/access.guard.ts')],
  ['room-users', importing('src/users/user.service.ts', 'src/auth/token-verifier.ts')],
  ['room-auth', importing('src/auth/access.guard.ts', 'src/municipalities/municipality.entity.ts')],
  ['room-auth', importing('src/auth/access.guard.ts', 'src/devices/device-registry.ts')],
  ['room-network', importing('src/network/zone.service.ts', 'src/devices/device.entity.ts')],
  ['room-devices', importing('src/devices/devices.service.ts', 'src/readings/reading.entity.ts')],
  ['room-readings', importing('src/readings/ingestion.service.ts', 'src/alerts/alert-judge.ts')],
  ['room-readings', importing('src/readings/ingestion.service.ts', 'src/network/zone.entity.ts')],
  ['room-reports', importing('src/reports/report.service.ts', 'src/devices/device.entity.ts')],
  ['room-rules', importing('src/rules/evaluator.ts', 'src/alerts/alert.entity.ts')],
  ['room-anomalies', importing('src/anomalies/detector.ts', 'src/rules/evaluator.ts')],
  ['room-alerts', importing('src/alerts/alert.service.ts', 'src/realtime/live-topics.ts')],
  ['room-alerts', importing('src/alerts/alert.service.ts', 'src/warnings/warning.entity.ts')],
  ['room-warnings', importing('src/warnings/warning.service.ts', 'src/rules/evaluator.ts')],
  ['room-notifications', importing('src/notifications/mail.ts', 'src/realtime/live-topics.ts')],
  ['room-realtime', importing('src/realtime/live-feeds.ts', 'src/monitoring/health.service.ts')],
  ['room-monitoring', importing('src/monitoring/health.service.ts', 'src/backups/backup.service.ts')],
  ['room-backups', importing('src/backups/backup.service.ts', 'src/cli/main.ts')],
  ['room-retention', importing('src/retention/retention.service.ts', 'src/backups/backup.service.ts')],
  ['room-dashboards', importing('src/dashboards/dashboard.service.ts', 'src/monitoring/health.service.ts')],
  ['known-rooms-only', importing('src/devices/device.entity.ts', 'src/utils/strings.ts')],
  ['known-rooms-only-from', importing('src/helpers/strings.ts', 'src/common/clock.ts')],
  ['known-rooms-only-from', { 'src/extra.ts': ['node:fs'] }],
  ['nobody-imports-the-root', importing('src/devices/devices.service.ts', 'src/app.factory.ts')],
  ['no-foreign-edges', importing('src/readings/ingestion.service.ts', 'src/devices/devices.controller.ts')],
  ['no-foreign-edges', importing('src/realtime/live-feeds.ts', 'src/readings/prune.processor.ts')],
  ['no-foreign-edges', importing('src/cli/watch.command.ts', 'src/realtime/live.gateway.ts')],
  ['no-foreign-edges', importing('src/alerts/alert.service.ts', 'src/devices/sensors/sensor.repository.ts')],
  ['redis-client-in-redis-and-queue', { 'src/outbox/outbox-relay.ts': ['ioredis'] }],
  ['drivers-in-database-and-config', { 'src/readings/reading-store.ts': ['pg'] }],
  ['drivers-in-database-and-config', { 'src/readings/reading-store.ts': ['mysql2/promise'] }],
  ['drivers-in-database-and-config', { 'src/readings/reading-store.ts': ['@mikro-orm/postgresql'] }],
  ['mqtt-client-in-mqtt', { 'src/devices/commands.ts': ['mqtt'] }],
  ['storage-clients-in-storage', { 'src/backups/upload.ts': ['@aws-sdk/client-s3'] }],
  ['no-child-processes', { 'src/backups/dump.ts': ['node:child_process'] }],
  ['no-cycles', { ...importing('src/devices/a.ts', 'src/devices/b.ts'), 'src/devices/b.ts': ['./a.js'] }],
  ['no-barrels', importing('src/devices/devices.service.ts', 'src/devices/sensors/index.ts')],
  ['no-barrels-from', importing('src/devices/index.ts', 'src/devices/device.entity.ts')],
  ['no-orphans', { 'src/devices/forgotten.ts': [] }],
  ['src-stands-alone', importing('src/devices/devices.service.ts', 'test/support/app.ts')],
  ['src-stands-alone', importing('src/devices/devices.service.ts', 'src/devices/device.spec.ts')],
  ['web-stands-alone', importing('web/src/map.ts', 'src/devices/device.schema.ts')],
  ['no-dev-dependencies', { 'src/devices/devices.service.ts': ['vitest'] }],
  ['declared-dependencies-only', { 'src/devices/devices.service.ts': ['rxjs'] }],
  ['resolvable', { 'src/devices/devices.service.ts': ['./nowhere.js'] }],
];

describe('the import directions', () => {
  it.each(ALLOWED)('allow %s → %s', async (from, to) => {
    expect(await brokenRules(importing(from, to))).toEqual([]);
  });

  it.each(BREAKING.map(([rule, tree]) => ({ rule, tree, files: Object.keys(tree).join(' → ') })))(
    '$rule bites on $files',
    async ({ rule, tree }) => {
      expect(await brokenRules(tree)).toContain(rule);
    },
  );

  it('have no rule that was never seen to bite', () => {
    const seen = new Set(BREAKING.map(([rule]) => rule));
    expect(config.forbidden.map(({ name }) => name).filter((name) => name === undefined || !seen.has(name))).toEqual(
      [],
    );
  });
});
