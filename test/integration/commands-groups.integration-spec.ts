import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { CommandSender } from '../../src/devices/commands/command-sender.js';
import { DeviceGroupsService } from '../../src/devices/commands/groups/device-groups.service.js';
import { toBatchItem, toBatchResponse } from '../../src/devices/commands/groups/group-command.mapper.js';
import { GroupCommandsService } from '../../src/devices/commands/groups/group-commands.service.js';
import { GroupMembersService } from '../../src/devices/commands/groups/group-members.service.js';
import { Device } from '../../src/devices/device.entity.js';
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

  const as = <T>(work: () => Promise<T>) => asTenant([desk.home], work);
  const groups = () => desk.one.get(DeviceGroupsService);
  const members = () => desk.one.get(GroupMembersService);
  const commands = () => desk.one.get(GroupCommandsService);
  const make = (deviceIds: string[], name = newId()) =>
    as(() => groups().create({ name, description: '', deviceIds })).then(({ group }) => group);
  const send = (groupId: string, more: object = {}, key?: string, by = desk.one) => {
    const origin = { userId: desk.user, idempotencyKey: key };
    return as(() => by.get(GroupCommandsService).send(groupId, parseCommand(more), origin));
  };
  const deactivate = (id: string) =>
    asTenant('all', () => desk.em.nativeUpdate(Device, { id }, { status: 'deactivated' }));

  describe('a group', () => {
    it('has devices of its own municipality only, each once, and a thousand at most', async () => {
      const [first, second] = (await desk.makeDevices(2)) as [string, string];
      const group = await make([first, first]);
      expect(await as(() => members().add(group.id, [first, second]))).toMatchObject({ memberCount: 2 });
      const { home } = desk;
      desk.home = await createMunicipality(desk.one);
      const [foreign] = await desk.makeDevices(1);
      desk.home = home;
      for (const id of [foreign, 'nobody-knows']) {
        await expect(as(() => members().add(group.id, [first, id]))).rejects.toMatchObject({
          errors: [{ path: 'deviceIds.1', code: 'UNKNOWN_DEVICE' }],
        });
      }
      const more = await desk.makeDevices(999);
      await expect(as(() => members().add(group.id, more))).rejects.toMatchObject({ code: 'DEVICE_GROUP_FULL' });
      expect(await as(() => groups().get(group.id))).toMatchObject({ memberCount: 2 });
      await as(() => members().remove(group.id, first));
      await expect(as(() => members().remove(group.id, first))).rejects.toMatchObject({
        code: 'DEVICE_GROUP_MEMBER_NOT_FOUND',
      });
      const page = await as(() => members().list(group.id, { limit: 10 }));
      expect(page.items.map(({ device }) => device.id)).toEqual([second]);
    });

    it('has a name of its own, versions, and an end that leaves what was sent', async () => {
      const group = await make([desk.deviceId], 'Valves');
      await expect(make([], 'Valves')).rejects.toMatchObject({ code: 'DEVICE_GROUP_EXISTS' });
      await as(() => groups().update(group.id, { description: 'All of them' }, 1));
      await expect(as(() => groups().update(group.id, { name: 'x' }, 1))).rejects.toMatchObject({
        code: 'VERSION_CONFLICT',
      });
      await send(group.id);
      await as(() => groups().remove(group.id));
      await expect(as(() => groups().get(group.id))).rejects.toMatchObject({ code: 'DEVICE_GROUP_NOT_FOUND' });
      expect(await desk.stored()).toHaveLength(1);
    });

    it('of another municipality does not exist', async () => {
      const group = await make([desk.deviceId]);
      const { batch } = await send(group.id);
      const away = await createMunicipality(desk.one);
      const tries = [
        () => groups().get(group.id),
        () => groups().update(group.id, { name: 'x' }),
        () => groups().remove(group.id),
        () => members().list(group.id, { limit: 10 }),
        () => members().add(group.id, [desk.deviceId]),
        () => members().remove(group.id, desk.deviceId),
        () => commands().send(group.id, parseCommand(), { userId: desk.user }),
        () => commands().list(group.id, { limit: 10 }),
        () => commands().get(group.id, batch.id),
      ];
      for (const work of tries) {
        await expect(asTenant([away], work as () => Promise<unknown>)).rejects.toMatchObject({ kind: 'not_found' });
      }
      expect((await asTenant([away], () => groups().list({ limit: 10 }))).items).toEqual([]);
      expect((await as(() => groups().list({ limit: 10 }))).items).toMatchObject([{ memberCount: 1 }]);
    });
  });

  describe('a command to a group', () => {
    it('goes to every active member, and says who was skipped and what became of it', async () => {
      const ids = await desk.makeDevices(5);
      const group = await make(ids);
      await deactivate(ids[1]!);
      const { batch, commands: made } = await send(group.id);
      expect(batch).toMatchObject({ total: 4, skipped: [{ deviceId: ids[1], reason: 'DEVICE_INACTIVE' }] });
      expect(made.map(({ deviceId }) => deviceId)).toEqual([0, 2, 3, 4].map((i) => ids[i]));
      await vi.waitFor(() => expect(desk.heard.filter(({ deviceId }) => ids.includes(deviceId))).toHaveLength(4), WAIT);
      await desk.say({ commandId: made[0]!.id, status: 'ok' }, ids[0]);
      await desk.say({ commandId: made[1]!.id, status: 'error', error: 'stuck' }, ids[2]);
      const known = toBatchResponse(await as(() => commands().get(group.id, batch.id)));
      expect(known.counts).toMatchObject({ succeeded: 1, failed: 1 });
      expect(known.commands.map(({ deviceId, error }) => [deviceId, error])).toEqual([
        [ids[0], null],
        [ids[2], 'stuck'],
        [ids[3], null],
        [ids[4], null],
      ]);
      const [listed] = (await as(() => commands().list(group.id, { limit: 10 }))).items.map(toBatchItem);
      expect(listed!.counts).toEqual(known.counts);
    });

    it('is made once by a call that is repeated, and refused for nobody', async () => {
      const group = await make([desk.deviceId]);
      const first = await send(group.id, {}, 'key');
      const again = await Promise.all([send(group.id, {}, 'key', desk.two), send(group.id, {}, 'key')]);
      expect(again.map(({ batch }) => batch.id)).toEqual([first.batch.id, first.batch.id]);
      expect(again[0].commands.map(({ id }) => id)).toEqual(first.commands.map(({ id }) => id));
      await expect(send(group.id, { name: 'close' }, 'key')).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
      await deactivate(desk.deviceId);
      await expect(send(group.id)).rejects.toMatchObject({ code: 'DEVICE_GROUP_EMPTY' });
      expect(await desk.stored()).toHaveLength(1);
    });

    it('reaches each of a thousand members once, by two processes', async () => {
      const ids = await desk.makeDevices(1_000);
      const group = await make(ids);
      await send(group.id);
      await Promise.all([desk.one, desk.two].map((module) => module.get(CommandSender).send()));
      const told = () => desk.heard.filter(({ deviceId }) => ids.includes(deviceId));
      await vi.waitFor(() => expect(told().length).toBeGreaterThanOrEqual(1_000), WAIT);
      await desk.broker.publishAsync(`system/${desk.deviceId}/command`, '{"commandId":"marker"}', { qos: 1 });
      await vi.waitFor(() => expect(desk.heard.at(-1)?.commandId).toBe('marker'), WAIT);
      expect(
        told()
          .map(({ deviceId }) => deviceId)
          .sort(),
      ).toEqual([...ids].sort());
    });
  });
});
