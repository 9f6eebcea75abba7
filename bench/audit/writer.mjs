/**
 * One instance of the application that changes records as a person would, as fast as it can: each change reads a device
 * under lock, changes it through the ORM and commits; the audit log is written with it. Told by arguments, answers JSON lines.
 */
import { parseArgs } from 'node:util';
import { LockMode } from '@mikro-orm/core';
import { NestFactory } from '@nestjs/core';
import { AuditModule } from '../../dist/audit/audit.module.js';
import { SealingTimer } from '../../dist/audit/sealing-timer.js';
import { CommonModule } from '../../dist/common/common.module.js';
import {
  ALL_TENANTS,
  newRequestContext,
  runWithRequestContext,
} from '../../dist/common/request-context/request-context.js';
import { ConfigModule } from '../../dist/config/config.module.js';
import { loadConfig } from '../../dist/config/load-config.js';
import { DatabaseModule } from '../../dist/database/database.module.js';
import { Transactions } from '../../dist/database/transaction.js';
import { Device } from '../../dist/devices/device.entity.js';

const { values } = parseArgs({
  options: {
    changes: { type: 'string' },
    devices: { type: 'string' },
    writers: { type: 'string' },
    first: { type: 'string' },
    audited: { type: 'string' },
  },
});
const audited = values.audited === 'yes';
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

class Instance {}
const app = await NestFactory.createApplicationContext(
  {
    module: Instance,
    imports: [CommonModule, ConfigModule.forRoot(loadConfig()), DatabaseModule, ...(audited ? [AuditModule] : [])],
    providers: audited ? [SealingTimer] : [],
  },
  { logger: ['warn', 'error'] },
);
const transactions = app.get(Transactions);
const actor = { kind: 'user', id: crypto.randomUUID(), label: 'admin@bench.example', municipalityIds: [] };
let next = 0;

async function change(number) {
  const origin = { address: '192.0.2.7', userAgent: 'bench' };
  const operation = 'PATCH /api/v1/devices/:deviceId';
  await runWithRequestContext(newRequestContext({ actor, origin, operation, tenant: ALL_TENANTS }), () =>
    transactions.run(async ({ em }) => {
      // Each instance and writer has devices of its own: what is measured is the log, not the locks of devices.
      const id = `bench-${Number(values.first) + (number % Number(values.devices))}`;
      const device = await em.findOneOrFail(Device, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      device.name = `Gauge ${crypto.randomUUID()}`;
      await em.flush();
    }),
  );
}

async function work(total) {
  while (next < total) await change(next++);
}

const all = (total) => Promise.all(Array.from({ length: Number(values.writers) }, () => work(total)));
await all(300); // Warm.
say({ ready: true });
await new Promise((resolve) => process.stdin.once('data', resolve));
next = 0;
const started = performance.now();
const usage = process.cpuUsage();
await all(Number(values.changes));
const { user, system } = process.cpuUsage(usage);
say({ seconds: (performance.now() - started) / 1000, cpuMs: (user + system) / 1000 });
// The sealer goes on until it is told to end.
await new Promise((resolve) => process.stdin.once('end', resolve).resume());
await app.close();
