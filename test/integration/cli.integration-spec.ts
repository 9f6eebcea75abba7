import { verify } from '@node-rs/argon2';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAdmin } from '../../src/cli/create-admin.js';
import type { DemoFile } from '../../src/cli/demo/demo-file.js';
import { migrate, migrationStatus } from '../../src/cli/migrate.js';
import { seedDemo } from '../../src/cli/seed-demo.js';
import type { AppConfig } from '../../src/config/app-config.js';
import { parseConfig } from '../../src/config/load-config.js';
import { apiKeyPrefix } from '../../src/devices/credentials/api-key.js';
import { matchesHash } from '../../src/devices/credentials/secrets.js';
import { createRuleSchema } from '../../src/rules/rule-definition.js';
import { PasswordHasher } from '../../src/users/password-hasher.js';
import { mainMunicipalityOf, mainRoleOf } from '../../src/users/principal.js';
import { Principals } from '../../src/users/principals.js';
import { createEmptyDatabase, dropDatabase } from '../support/database-servers.js';
import { describeEachDatabase } from '../support/databases.js';

Logger.overrideLogger(false);

const nothing = (): void => {};

describeEachDatabase((db) => {
  const folder = mkdtempSync(join(tmpdir(), 'hydroalert-cli-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const count = async (table: string, where = '1 = 1'): Promise<number> => {
    const { rows } = await db.transactions.query<{ n: number | string }>(
      `select count(*) as n from ${table} where ${where}`,
    );
    return Number(rows[0]!.n);
  };

  describe('migrate', () => {
    let url: string;
    let config: AppConfig;
    beforeAll(async () => {
      url = await createEmptyDatabase(db.kind);
      config = parseConfig({ NODE_ENV: 'test', DATABASE_URL: url });
    });
    afterAll(() => dropDatabase(db.kind, url));

    it('does its work once when several run at the same time', async () => {
      const shared = await createEmptyDatabase(db.kind);
      const own = parseConfig({ NODE_ENV: 'test', DATABASE_URL: shared });
      const lines: string[] = [];
      await Promise.all([1, 2, 3].map(() => migrate(own, (line) => lines.push(line))));
      expect(lines.filter((line) => line.startsWith('applied'))).toHaveLength(1);
      expect(lines.filter((line) => line === 'the schema is up to date')).toHaveLength(2);
      expect(lines.filter((line) => line.startsWith('added'))).toHaveLength(1);
      await dropDatabase(db.kind, shared);
    });

    it('tells what is pending, brings it in, and has nothing to do afterwards', async () => {
      const lines: string[] = [];
      const report = (line: string): void => void lines.push(line);
      expect(await migrationStatus(config, report)).toBe(false);
      expect(lines).toContainEqual(expect.stringMatching(/^pending Migration\d+/));
      await migrate(config, report);
      expect(lines).toContainEqual(expect.stringMatching(/^applied Migration\d+/));
      expect(lines).toContainEqual(expect.stringContaining('water_level_cm'));
      lines.length = 0;
      await migrate(config, report);
      expect(lines.filter((line) => !line.startsWith('PostGIS'))).toEqual(['the schema is up to date']);
      expect(await migrationStatus(config, report)).toBe(true);
    });
  });

  describe('create-admin', () => {
    it('makes somebody who may do everything, once', async () => {
      const account = { email: 'First@Country.example', name: 'First', password: 'a long enough password' };
      const { id } = await createAdmin(db.config(), account);
      const principals = new Principals(db.transactions, db.dialect, new PasswordHasher());
      expect(await principals.verify('first@country.example', account.password)).toMatchObject({
        id,
        superAdmin: true,
        memberships: [],
      });
      await expect(createAdmin(db.config(), account)).rejects.toMatchObject({ code: 'EMAIL_TAKEN' });
      await expect(createAdmin(db.config(), { ...account, password: 'short' })).rejects.toThrow('at least 12');
    });
  });

  describe('seed-demo', () => {
    const output = join(folder, 'seed.json');
    let first: DemoFile;

    beforeAll(async () => {
      await migrate(db.config(), nothing);
      // The launcher makes the file before, empty.
      writeFileSync(output, '');
      first = await seedDemo(db.config(), output);
    });

    it('makes a country that a control room has something to look at in', async () => {
      expect(await count('municipalities')).toBe(3);
      expect(await count('devices', 'latitude is not null and longitude is not null')).toBeGreaterThanOrEqual(60);
      expect(await count('sensors')).toBe(first.devices.reduce((sum, device) => sum + device.metrics.length, 0));
      expect(await count('alert_rules')).toBeGreaterThanOrEqual(12);
      for (const role of ['super_admin', 'municipality_admin', 'operator', 'field_engineer', 'analyst']) {
        expect(first.users.some((user) => user.role === role)).toBe(true);
      }
    });

    it('leaves at least three devices of each municipality to people and tests', () => {
      const municipalities = new Set(first.devices.map((device) => device.municipality));
      expect(municipalities.size).toBe(3);
      for (const id of municipalities) {
        const own = first.devices.filter((device) => device.municipality === id);
        expect(own.filter((device) => !device.simulated).length).toBeGreaterThanOrEqual(3);
        expect(own.filter((device) => device.simulated).length).toBeGreaterThanOrEqual(20);
        expect(first.users.some((user) => user.role === 'operator' && user.municipality === id)).toBe(true);
      }
    });

    it('makes rules that could have been made by hand', async () => {
      const { rows } = await db.transactions.query<Record<string, unknown>>(
        `select name, kind, severity, deadband, scope, rule_condition from alert_rules`,
      );
      const parsed = (value: unknown): object => (typeof value === 'string' ? JSON.parse(value) : value) as object;
      for (const { name, kind, severity, deadband, scope, rule_condition: condition } of rows) {
        createRuleSchema.parse({ name, kind, severity, deadband, scope: parsed(scope), ...parsed(condition) });
      }
    });

    it('writes a file that only its owner can read', () => {
      expect(statSync(output).mode & 0o777).toBe(0o600);
      expect(JSON.parse(readFileSync(output, 'utf8'))).toEqual(JSON.parse(JSON.stringify(first)));
    });

    it('keeps everything at the second run', async () => {
      const before = readFileSync(output, 'utf8');
      const tables = ['municipalities', 'users', 'devices', 'device_credentials', 'sensors', 'alert_rules'];
      const counts = await Promise.all(tables.map((table) => count(table)));
      await seedDemo(db.config(), output);
      expect(readFileSync(output, 'utf8')).toBe(before);
      expect(await Promise.all(tables.map((table) => count(table)))).toEqual(counts);
    });

    it('hands out secrets that work, also after the file was lost', async () => {
      await expectToWork(first);
      rmSync(output);
      const second = await seedDemo(db.config(), output);
      expect(existsSync(output)).toBe(true);
      expect(second.devices[0]!.apiKey).not.toBe(first.devices[0]!.apiKey);
      await expectToWork(second);
      expect(await count('device_credentials')).toBe(second.devices.length * 3);
    });

    async function expectToWork({ users, devices }: DemoFile): Promise<void> {
      const principals = new Principals(db.transactions, db.dialect, new PasswordHasher());
      for (const { email, password, role, municipality } of users) {
        const person = await principals.verify(email, password);
        expect([mainRoleOf(person!), mainMunicipalityOf(person!)]).toEqual([role, municipality]);
      }
      const { rows } = await db.transactions.query<{ device_id: string; lookup: string; secret_hash: string | null }>(
        `select device_id, lookup, secret_hash from device_credentials`,
      );
      const hashOf = (lookup: string): string => rows.find((row) => row.lookup === lookup)!.secret_hash!;
      for (const { deviceId, apiKey, mqtt, hmac } of devices) {
        expect(matchesHash(apiKey, hashOf(apiKeyPrefix(apiKey)))).toBe(true);
        expect(await verify(hashOf(mqtt.username), mqtt.password)).toBe(true);
        expect(rows.find((row) => row.lookup === hmac.keyId)!.device_id).toBe(deviceId);
      }
    }
  });
});
