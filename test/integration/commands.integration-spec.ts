import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AuditRecord } from '../../src/audit/audit-record.entity.js';
import { newId } from '../../src/common/ids.js';
import { newRequestContext, runWithRequestContext } from '../../src/common/request-context/request-context.js';
import { CommandSender } from '../../src/devices/commands/command-sender.js';
import { CommandTimeouts } from '../../src/devices/commands/command-timeouts.js';
import { CommandsService } from '../../src/devices/commands/commands.service.js';
import { Device } from '../../src/devices/device.entity.js';
import { Municipality } from '../../src/municipalities/municipality.entity.js';
import { RejectedReading } from '../../src/readings/rejected-reading.entity.js';
import { CommandsDesk, parseCommand, WAIT } from '../support/commands-desk.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant, createMunicipality } from '../support/devices-module.js';

describeEachDatabase((db) => {
  let desk: CommandsDesk;
  beforeAll(async () => {
    desk = await CommandsDesk.open(db);
  });
  afterAll(() => desk?.close());
  beforeEach(() => desk.reset());

  describe('a command', () => {
    it('reaches the device with its id and its end, and the answer reaches the command', async () => {
      const command = await desk.sent({ timeoutSeconds: 90 });
      await vi.waitFor(() => expect(desk.told).toHaveLength(1), WAIT);
      expect(desk.told[0]).toEqual({
        deviceId: desk.deviceId,
        commandId: command.id,
        name: 'open',
        payload: { valve: 3 },
        expiresAt: command.expiresAt.toISOString(),
      });
      expect(command.expiresAt.getTime() - command.createdAt.getTime()).toBeGreaterThan(89_000);
      await desk.say({ commandId: command.id, status: 'ok', result: { percent: 50 } });
      expect(await desk.stored()).toMatchObject([
        { status: 'succeeded', late: false, attempts: 1, result: { percent: 50 }, error: null },
      ]);
      expect(await desk.statusesTold()).toEqual(['queued', 'sent', 'succeeded']);
      expect((await desk.events()).map(({ change }) => change)).toEqual(['command', 'command', 'command']);
    });

    it.each([[42], ['done'], [true], [[1, 2]], [null], [{ a: { b: null } }]])(
      'takes any JSON back and forth: %j',
      async (json) => {
        const command = await desk.sent({ payload: json });
        await vi.waitFor(() => expect(desk.told).toHaveLength(1), WAIT);
        expect(desk.told[0]!.payload).toEqual(json);
        await desk.say({ commandId: command.id, status: 'error', result: json, error: 'stuck' });
        const [known] = await desk.stored();
        expect(known).toMatchObject({ status: 'failed', error: 'stuck' });
        expect(known!.result).toEqual(json);
      },
    );

    it('is made once by a call that is repeated, and not by another one with the same key', async () => {
      const first = await desk.make(desk.one, {}, 'key-1');
      const [again, third] = await Promise.all([desk.make(desk.two, {}, 'key-1'), desk.make(desk.one, {}, 'key-1')]);
      expect([again.id, third.id]).toEqual([first.id, first.id]);
      await expect(desk.make(desk.one, { name: 'close' }, 'key-1')).rejects.toMatchObject({
        code: 'IDEMPOTENCY_KEY_REUSED',
      });
      await Promise.all(Array.from({ length: 8 }, (_, i) => desk.make(i % 2 ? desk.one : desk.two, {}, 'key-2')));
      expect(await desk.stored()).toHaveLength(2);
      await vi.waitFor(() => expect(desk.told).toHaveLength(2), WAIT);
    });

    it('is refused for a device or municipality that is not active, and waits when that happens later', async () => {
      const { id } = await desk.make(desk.lonely);
      const set = async (type: typeof Device | typeof Municipality, key: string, status: string) => {
        await asTenant('all', () => desk.em.nativeUpdate(type as typeof Device, { id: key }, { status } as never));
      };
      await set(Device, desk.deviceId, 'deactivated');
      await expect(desk.make(desk.one)).rejects.toMatchObject({ code: 'DEVICE_INACTIVE' });
      await desk.one.get(CommandSender).send();
      await set(Device, desk.deviceId, 'active');
      await set(Municipality, desk.home, 'suspended');
      await expect(desk.make(desk.one)).rejects.toMatchObject({ code: 'MUNICIPALITY_SUSPENDED' });
      await desk.one.get(CommandSender).send();
      expect(await desk.stored()).toMatchObject([{ id, status: 'queued', attempts: 0 }]);
      await set(Municipality, desk.home, 'active');
      await desk.one.get(CommandSender).send();
      expect(await desk.stored()).toMatchObject([{ id, status: 'sent', attempts: 1 }]);
    });

    it('is told in the audit log: who sent what, and who cancelled', async () => {
      const actor = { kind: 'user' as const, id: desk.user, label: 'ada@example.org', municipalityIds: [desk.home] };
      const tenant = { kind: 'municipalities' as const, municipalityIds: [desk.home] };
      const as = <T>(work: () => Promise<T>) => runWithRequestContext(newRequestContext({ actor, tenant }), work);
      const { id } = await as(() =>
        desk.lonely.get(CommandsService).send(desk.deviceId, parseCommand(), { userId: desk.user }),
      );
      await as(() => desk.one.get(CommandsService).cancel(desk.deviceId, id, desk.user));
      await desk.say({ commandId: id, status: 'ok' });
      const rows = await asTenant('all', () => desk.em.find(AuditRecord, { recordId: id }, { orderBy: { id: 'asc' } }));
      expect(rows.map(({ action, actorLabel }) => [action, actorLabel])).toEqual([
        ['device_command.created', 'ada@example.org'],
        ['device_command.cancelled', 'ada@example.org'],
      ]);
      expect(JSON.stringify(rows[0])).toContain('valve');
    });
  });

  describe('answers', () => {
    it('that come late show what happened, and that it was late', async () => {
      const command = await desk.sent({ timeoutSeconds: 60 });
      await desk.age(60_000);
      await desk.one.get(CommandTimeouts).sweep();
      expect(await desk.stored()).toMatchObject([{ status: 'timed_out', late: false }]);
      await desk.say({ commandId: command.id, status: 'ok' });
      expect(await desk.stored()).toMatchObject([{ status: 'succeeded', late: true }]);
      expect(await desk.statusesTold()).toEqual(['queued', 'sent', 'timed_out', 'succeeded']);
    });

    it('count once', async () => {
      const command = await desk.sent();
      await desk.say({ commandId: command.id, status: 'ok', result: 1 });
      const before = await desk.stored();
      const batches = [
        await desk.say({ commandId: command.id, status: 'ok', result: 1 }),
        await desk.say({ commandId: command.id, status: 'error' }),
      ];
      expect(await desk.stored()).toEqual(before);
      expect(batches.flatMap((batch) => batch.rejected())).toEqual([]);
      expect(await desk.statusesTold()).toEqual(['queued', 'sent', 'succeeded']);
    });

    it('to nothing that the device was told are set aside with their reason', async () => {
      const [other] = await desk.makeDevices(1);
      const command = await desk.sent();
      const queued = await desk.make(desk.lonely, {}, undefined, other);
      const verdicts: (string | undefined)[] = [];
      for (const [said, from] of [
        [{ commandId: newId(), status: 'ok' }, desk.deviceId],
        [{ commandId: command.id, status: 'ok' }, other],
        [{ commandId: queued.id, status: 'ok' }, other],
        ['{"commandId"', desk.deviceId],
        ['[]', desk.deviceId],
        [{ commandId: command.id, status: 'fine' }, desk.deviceId],
        [{ commandId: 'x', status: 'ok' }, desk.deviceId],
      ] as const) {
        verdicts.push((await desk.say(said, from)).messages[0]!.rejection?.code);
      }
      const expected = [
        ...['UNKNOWN_COMMAND', 'UNKNOWN_COMMAND', 'UNKNOWN_COMMAND', 'MALFORMED_PAYLOAD', 'MALFORMED_PAYLOAD'],
        ...['INVALID_VALUE', 'INVALID_VALUE'],
      ];
      expect(verdicts).toEqual(expected);
      const rejected = await asTenant('all', () => desk.em.find(RejectedReading, { municipalityId: desk.home }));
      expect(rejected.map(({ code }) => code).sort()).toEqual(expected.sort());
      expect((await desk.stored()).map(({ status }) => status)).toEqual(['sent', 'queued']);
    });

    it('with more than can be kept still count', async () => {
      const large = await desk.sent();
      await desk.say({ commandId: large.id, status: 'ok', result: 'x'.repeat(20_000), error: 'e\0'.repeat(2_000) });
      const nul = await desk.sent();
      await desk.say({ commandId: nul.id, status: 'rejected', result: 'a\0b', error: { code: 7 } });
      const [first, second] = await desk.stored();
      expect(first).toMatchObject({ status: 'succeeded', result: null, resultOmitted: true });
      expect(first!.error!.length).toBeLessThanOrEqual(500);
      expect(second).toMatchObject({ status: 'rejected', resultOmitted: true, error: '{"code":7}' });
    });
  });

  describe('cancelling', () => {
    it('stops what is not sent, and shows what the device did with what is', async () => {
      const cancel = (id: string) =>
        asTenant([desk.home], () => desk.one.get(CommandsService).cancel(desk.deviceId, id, desk.user));
      const queued = await desk.make(desk.lonely);
      await cancel(queued.id);
      await cancel(queued.id);
      await desk.one.get(CommandSender).send();
      expect(desk.told).toEqual([]);
      const command = await desk.sent();
      await cancel(command.id);
      await desk.say({ commandId: command.id, status: 'ok' });
      expect(await desk.stored()).toMatchObject([
        { status: 'cancelled', cancelledBy: desk.user, attempts: 0 },
        { status: 'succeeded', late: true, cancelledBy: desk.user },
      ]);
      await expect(cancel(command.id)).rejects.toMatchObject({ code: 'COMMAND_FINISHED' });
    });
  });

  describe('another municipality', () => {
    it('sees no commands and sends none', async () => {
      const command = await desk.sent();
      const commands = desk.one.get(CommandsService);
      const away = await createMunicipality(desk.one);
      await asTenant([away], async () => {
        await expect(commands.send(desk.deviceId, parseCommand(), { userId: desk.user })).rejects.toMatchObject({
          code: 'DEVICE_NOT_FOUND',
        });
        await expect(commands.list(desk.deviceId, { limit: 10 })).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND' });
        await expect(commands.get(desk.deviceId, command.id)).rejects.toMatchObject({ code: 'COMMAND_NOT_FOUND' });
        await expect(commands.cancel(desk.deviceId, command.id, desk.user)).rejects.toMatchObject({
          code: 'COMMAND_NOT_FOUND',
        });
      });
    });

    it('the own one pages through its history, newest first', async () => {
      for (let i = 0; i < 5; i++) await desk.sent({ name: `c${i}` });
      const commands = desk.one.get(CommandsService);
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await asTenant([desk.home], () =>
          commands.list(desk.deviceId, { limit: 2, ...(cursor && { cursor }) }),
        );
        names.push(...page.items.map(({ name }) => name));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(names).toEqual(['c4', 'c3', 'c2', 'c1', 'c0']);
      const over = await asTenant([desk.home], () => commands.list(desk.deviceId, { limit: 2, status: 'succeeded' }));
      expect(over.items).toEqual([]);
    });
  });
});
