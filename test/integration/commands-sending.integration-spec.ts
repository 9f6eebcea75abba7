import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { LEASE_MS } from '../../src/devices/commands/command-life.js';
import { CommandSender } from '../../src/devices/commands/command-sender.js';
import { CommandStore } from '../../src/devices/commands/command-store.js';
import { CommandTimeouts } from '../../src/devices/commands/command-timeouts.js';
import { newCommand } from '../../src/devices/commands/commands.service.js';
import { DeviceCommand } from '../../src/devices/commands/device-command.entity.js';
import { CommandsDesk, parseCommand, WAIT } from '../support/commands-desk.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant } from '../support/devices-module.js';

describeEachDatabase((db) => {
  let desk: CommandsDesk;
  beforeAll(async () => {
    desk = await CommandsDesk.open(db);
  });
  afterAll(() => desk?.close());
  beforeEach(() => desk.reset());

  describe('sending', () => {
    it('by two processes at once publishes each of 1,000 commands exactly once, in the order of each device', async () => {
      const devices = await desk.makeDevices(200);
      const fork = desk.em;
      for (let i = 0; i < 1_000; i++) {
        const device = { id: devices[i % devices.length]!, municipalityId: desk.home };
        const input = parseCommand({ name: `step${Math.floor(i / devices.length)}`, timeoutSeconds: 600 });
        fork.create(DeviceCommand, newCommand(device, input, { userId: desk.user }, Date.now()));
      }
      await asTenant('all', () => fork.flush());
      await Promise.all([desk.one, desk.two].map((module) => module.get(CommandSender).send()));
      await Promise.all([desk.one, desk.two].map((module) => module.get(CommandSender).send()));
      const all = await desk.stored();
      expect(all.filter(({ status, attempts }) => status === 'sent' && attempts === 1)).toHaveLength(1_000);
      const mine = () => desk.heard.filter((sent) => devices.includes(sent.deviceId));
      await vi.waitFor(() => expect(mine().length).toBeGreaterThanOrEqual(1_000), WAIT);
      // A message of our own comes last: nothing came twice.
      await desk.broker.publishAsync(`system/${desk.deviceId}/command`, '{"commandId":"marker"}', { qos: 1 });
      await vi.waitFor(() => expect(desk.heard.at(-1)?.commandId).toBe('marker'), WAIT);
      expect(mine()).toHaveLength(1_000);
      expect(new Set(mine().map(({ commandId }) => commandId)).size).toBe(1_000);
      for (const id of devices) {
        const names = mine().flatMap((sent) => (sent.deviceId === id ? [sent.name] : []));
        expect(names).toEqual(['step0', 'step1', 'step2', 'step3', 'step4']);
      }
    });

    it('by two processes keeps the order of a burst to one device', async () => {
      const names = Array.from({ length: 450 }, (_, i) => `step${i}`);
      const em = desk.em;
      const device = { id: desk.deviceId, municipalityId: desk.home };
      for (const name of names) {
        em.create(DeviceCommand, newCommand(device, parseCommand({ name }), { userId: desk.user }, Date.now()));
      }
      await asTenant('all', () => em.flush());
      const senders = [desk.one, desk.two].map((module) => module.get(CommandSender));
      while ((await desk.stored()).some(({ status }) => status === 'queued')) {
        await Promise.all(senders.map((sender) => sender.send()));
      }
      await vi.waitFor(() => expect(desk.told.length).toBeGreaterThanOrEqual(names.length), WAIT);
      expect(desk.told.map(({ name }) => name)).toEqual(names);
    });

    it('waits while the broker is away, and another process does it', async () => {
      await desk.make(desk.lonely);
      await desk.lonely.get(CommandSender).send();
      expect(await desk.stored()).toMatchObject([{ status: 'queued', attempts: 0 }]);
      await desk.one.get(CommandSender).send();
      expect(await desk.stored()).toMatchObject([{ status: 'sent', attempts: 1 }]);
    });

    it('never sends what is over: it expires', async () => {
      await desk.make(desk.lonely, { timeoutSeconds: 60 });
      await desk.age(60_000);
      await desk.one.get(CommandSender).send();
      await Promise.all([desk.one, desk.two].map((module) => module.get(CommandTimeouts).sweep()));
      expect(await desk.stored()).toMatchObject([{ status: 'expired', attempts: 0, sentAt: null, dueAt: null }]);
      expect(await desk.statusesTold()).toEqual(['queued', 'expired']);
      expect(desk.told).toEqual([]);
    });

    it('does not repeat what a process took and died with: nobody knows, until the device says so', async () => {
      await desk.make(desk.lonely, { timeoutSeconds: 3_600 });
      const [taken] = await desk.one.get(CommandStore).claim(Date.now(), 10);
      await Promise.all([desk.one, desk.two].map((module) => module.get(CommandTimeouts).sweep()));
      expect(await desk.stored()).toMatchObject([{ status: 'sending' }]);
      await desk.age(LEASE_MS);
      await Promise.all([desk.one, desk.two].map((module) => module.get(CommandTimeouts).sweep()));
      await Promise.all([desk.one, desk.two].map((module) => module.get(CommandSender).send()));
      expect(await desk.stored()).toMatchObject([{ id: taken!.id, status: 'unconfirmed', attempts: 1 }]);
      expect(desk.told).toEqual([]);
      await desk.say({ commandId: taken!.id, status: 'ok' });
      expect(await desk.stored()).toMatchObject([{ status: 'succeeded', late: false }]);
      expect(await desk.statusesTold()).toEqual(['queued', 'unconfirmed', 'succeeded']);
    });

    it('repeats a command under its id as often as was asked for, while there is no answer', async () => {
      const command = await desk.sent({ maxAttempts: 3, timeoutSeconds: 90 });
      await desk.one.get(CommandSender).send();
      expect((await desk.stored())[0]).toMatchObject({ attempts: 1 });
      await desk.age(30_000);
      await Promise.all([desk.one, desk.two].map((module) => module.get(CommandSender).send()));
      expect((await desk.stored())[0]).toMatchObject({ status: 'sent', attempts: 2 });
      await desk.say({ commandId: command.id, status: 'ok' });
      await desk.age(30_000);
      await desk.one.get(CommandSender).send();
      await vi.waitFor(() => expect(desk.told).toHaveLength(2), WAIT);
      expect(new Set(desk.told.map(({ commandId }) => commandId))).toEqual(new Set([command.id]));
      expect((await desk.stored())[0]).toMatchObject({ status: 'succeeded', attempts: 2 });
    });

    it('does not repeat an earlier command after a later one', async () => {
      await desk.sent({ maxAttempts: 3, timeoutSeconds: 90 });
      await desk.sent({ name: 'close' });
      await desk.age(30_000);
      await desk.one.get(CommandSender).send();
      expect((await desk.stored()).map(({ name, attempts }) => [name, attempts])).toEqual([
        ['open', 1],
        ['close', 1],
      ]);
    });
  });
});
