import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { ControlRoom } from '../support/control-room.js';
import { describeBothDatabases } from '../support/databases.js';

interface Person {
  id: string;
  status: string;
  superAdmin: boolean;
  memberships: { municipalityId: string; role: string }[];
  version: number;
}

interface RoleAnswer {
  id: string;
  code: string;
  permissions: string[];
  version: number;
}

describeBothDatabases((db) => {
  let room: ControlRoom;
  let adminId: string;

  const invite = (as: string, changes: object = {}) =>
    room.call<Person>(as, 'POST', '/users', {
      email: `${newId()}@example.org`,
      name: 'Somebody new',
      memberships: [{ municipalityId: room.home, role: 'analyst' }],
      ...changes,
    });
  const get = async (as: string, id: string) => (await room.call<Person>(as, 'GET', `/users/${id}`)).data;
  const makeRole = (as: string, permissions: string[], code = `role_${newId().replaceAll('-', '_')}`) =>
    room.call<RoleAnswer>(as, 'POST', '/roles', { municipalityId: room.home, code, name: 'Own role', permissions });

  beforeAll(async () => {
    room = await ControlRoom.start(db);
    adminId = (await room.call<Person>('admin', 'GET', '/auth/me')).data.id;
  });
  afterAll(() => room?.close());

  describe('inviting', () => {
    it('makes an account that waits for its password, in the roles that were given', async () => {
      const { status, data } = await invite('admin');
      expect(status).toBe(201);
      expect(data).toMatchObject({
        status: 'invited',
        superAdmin: false,
        memberships: [{ municipalityId: room.home, role: 'analyst' }],
        version: 1,
      });
      expect(JSON.stringify(data)).not.toMatch(/password/i);
      expect((await room.call('admin', 'POST', `/users/${data.id}/invite`)).status).toBe(200);
      const log = await room.call<{ action: string }[]>('admin', 'GET', `/audit-logs?recordId=${data.id}`);
      expect(log.data.filter(({ action }) => action === 'user.invited')).toHaveLength(2);
      expect((await room.call('admin', 'POST', `/users/${adminId}/invite`)).code).toBe('USER_NOT_INVITED');
    });

    it('is for administrators of the municipality', async () => {
      expect((await invite('operator')).status).toBe(403);
      const elsewhere = { memberships: [{ municipalityId: room.other, role: 'analyst' }] };
      expect((await invite('admin', elsewhere)).code).toBe('MUNICIPALITY_NOT_FOUND');
      expect((await invite('admin', { superAdmin: true, memberships: [] })).code).toBe('SUPER_ADMIN_ONLY');
      expect((await invite('root', { superAdmin: true, memberships: [] })).status).toBe(201);
    });

    it('refuses what makes no sense', async () => {
      expect((await invite('root', { memberships: [] })).status).toBe(422);
      const role = { memberships: [{ municipalityId: room.home, role: 'emperor' }] };
      expect((await invite('admin', role)).errors).toMatchObject([
        { path: 'memberships.0.role', code: 'UNKNOWN_ROLE' },
      ]);
      const national = { memberships: [{ municipalityId: room.home, role: 'super_admin' }] };
      expect((await invite('root', national)).errors).toMatchObject([{ code: 'UNKNOWN_ROLE' }]);
      expect((await invite('admin', { email: 'ADMIN@example.org' })).code).toBe('EMAIL_TAKEN');
    });
  });

  describe('the list of people', () => {
    it('shows those of the municipality, and what they are there', async () => {
      const { data } = await room.call<Person[]>('admin', 'GET', '/users?limit=500');
      expect(data.map(({ id }) => id)).toContain(adminId);
      expect(data.every(({ memberships }) => memberships.every((one) => one.municipalityId === room.home))).toBe(true);
      const strangers = await room.call<Person[]>('admin', 'GET', `/users?municipalityId=${room.other}`);
      expect(strangers.data).toEqual([]);
      expect((await room.call('stranger', 'GET', `/users/${adminId}`)).code).toBe('USER_NOT_FOUND');
      expect((await room.call('stranger', 'PATCH', `/users/${adminId}`, { name: 'Mine' })).code).toBe('USER_NOT_FOUND');
    });

    it('is paged and filtered', async () => {
      const seen: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
        const page = await room.call<Person[]>('root', 'GET', `/users?limit=2${query}`);
        seen.push(...page.data.map(({ id }) => id));
        cursor = page.meta.page!.nextCursor;
      }
      const all = (await room.call<Person[]>('root', 'GET', '/users?limit=500')).data;
      expect(seen).toEqual(all.map(({ id }) => id));
      const admins = await room.call<Person[]>('root', 'GET', '/users?role=municipality_admin&search=AdMiN@');
      expect(admins.data.map(({ id }) => id)).toEqual([adminId]);
      const supers = await room.call<Person[]>('root', 'GET', '/users?role=super_admin&status=active');
      expect(supers.data).toMatchObject([{ superAdmin: true, memberships: [] }]);
    });
  });

  describe('nobody grants what they do not have', () => {
    it('cannot make a role with more than the own rights', async () => {
      expect((await makeRole('admin', ['device:read', 'municipality:write'])).status).toBe(422);
      expect((await makeRole('root', ['municipality:write'])).errors).toMatchObject([{ code: 'NATIONAL_PERMISSION' }]);
      const { data: helper } = await makeRole('admin', ['user:read', 'user:write', 'role:read', 'role:write']);
      await room.signIn(`helper-${db.kind}`, 'analyst', room.home);
      const helperId = (await room.call<Person>(`helper-${db.kind}`, 'GET', '/auth/me')).data.id;
      const path = `/users/${helperId}/memberships/${room.home}`;
      expect((await room.call('admin', 'PUT', path, { role: helper.code })).status).toBe(200);
      await expect
        .poll(async () => (await room.call(`helper-${db.kind}`, 'GET', '/devices')).status, { timeout: 5_000 })
        .toBe(403);

      const as = `helper-${db.kind}`;
      expect((await makeRole(as, ['alert:resolve'])).code).toBe('BEYOND_OWN_RIGHTS');
      expect((await makeRole(as, ['user:read'])).status).toBe(201);
      expect((await invite(as)).code).toBe('BEYOND_OWN_RIGHTS');
      expect((await room.call(as, 'PUT', path, { role: 'municipality_admin' })).code).toBe('BEYOND_OWN_RIGHTS');
      // Nor can it take over, weaken or shut out somebody who may more.
      for (const body of [{ email: 'mine@example.org' }, { status: 'disabled' }, { name: 'Gone' }]) {
        expect((await room.call(as, 'PATCH', `/users/${adminId}`, body)).code).toBe('BEYOND_OWN_RIGHTS');
      }
      const adminPath = `/users/${adminId}/memberships/${room.home}`;
      expect((await room.call(as, 'DELETE', adminPath)).code).toBe('BEYOND_OWN_RIGHTS');
      expect((await room.call(as, 'PUT', adminPath, { role: helper.code })).code).toBe('BEYOND_OWN_RIGHTS');
      expect((await room.call(as, 'PATCH', `/roles/${helper.id}`, { permissions: ['rule:write'] })).code).toBe(
        'BEYOND_OWN_RIGHTS',
      );
    });

    it('leaves the account of somebody who also works elsewhere to those who administer both', async () => {
      const { data } = await invite('root', {
        memberships: [
          { municipalityId: room.home, role: 'analyst' },
          { municipalityId: room.other, role: 'operator' },
        ],
      });
      expect((await get('admin', data.id)).memberships).toEqual([{ municipalityId: room.home, role: 'analyst' }]);
      const refused = await room.call('admin', 'PATCH', `/users/${data.id}`, { status: 'disabled' });
      expect(refused.code).toBe('USER_BELONGS_ELSEWHERE');
      expect((await room.call('admin', 'DELETE', `/users/${data.id}/memberships/${room.home}`)).status).toBe(204);
      expect((await room.call('admin', 'GET', `/users/${data.id}`)).status).toBe(404);
      expect((await get('root', data.id)).memberships).toEqual([{ municipalityId: room.other, role: 'operator' }]);
    });
  });

  describe('the last super admin', () => {
    it('cannot be demoted, disabled or deleted, also not two at the same moment', async () => {
      const rootId = (await room.call<Person>('root', 'GET', '/auth/me')).data.id;
      for (const body of [{ superAdmin: false }, { status: 'disabled' }]) {
        expect((await room.call('root', 'PATCH', `/users/${rootId}`, body)).code).toBe('LAST_SUPER_ADMIN');
      }
      const second = `second-${db.kind}`;
      const secondId = await room.signIn(second, 'super_admin', null);
      const demote = (as: string, id: string) => room.call(as, 'PATCH', `/users/${id}`, { superAdmin: false });
      const answers = await Promise.all([demote(second, rootId), demote('root', secondId)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      const lost = answers[0].status === 200;
      if (lost) expect((await room.call(second, 'PATCH', `/users/${rootId}`, { superAdmin: true })).status).toBe(200);
      await expect.poll(async () => (await room.call('root', 'GET', '/users')).status, { timeout: 5_000 }).toBe(200);
      if (lost) expect((await demote('root', secondId)).status).toBe(200);
    });
  });

  describe('roles', () => {
    it('are the built-in ones and those of the municipality', async () => {
      const { data: own } = await makeRole('admin', ['alert:acknowledge', 'alert:read']);
      expect(own.permissions).toEqual(['alert:read', 'alert:acknowledge']);
      const codes = async (as: string, query = '') =>
        (await room.call<RoleAnswer[]>(as, 'GET', `/roles?limit=500${query}`)).data.map(({ code }) => code);
      expect(await codes('admin', '&builtIn=true')).toEqual([
        'super_admin',
        'municipality_admin',
        'operator',
        'field_engineer',
        'analyst',
      ]);
      expect(await codes('admin')).toContain(own.code);
      expect(await codes('stranger')).not.toContain(own.code);
      expect((await room.call('stranger', 'GET', `/roles/${own.id}`)).status).toBe(404);
      expect((await room.call('stranger', 'PATCH', `/roles/${own.id}`, { name: 'Mine' })).status).toBe(404);
      const elsewhere = await invite('root', { memberships: [{ municipalityId: room.other, role: own.code }] });
      expect(elsewhere.errors).toMatchObject([{ code: 'UNKNOWN_ROLE' }]);
    });

    it('are changed by one person at a time, and for everybody who has them', async () => {
      const { data: role } = await makeRole('admin', ['device:read']);
      const name = `own-${db.kind}`;
      const id = await room.signIn(name, 'analyst', room.home);
      await room.call('admin', 'PUT', `/users/${id}/memberships/${room.home}`, { role: role.code });
      const statusOf = async (path: string) => (await room.call(name, 'GET', path)).status;
      await expect.poll(() => statusOf('/alerts'), { timeout: 5_000 }).toBe(403);
      expect(await statusOf('/devices')).toBe(200);

      const path = `/roles/${role.id}`;
      const permissions = ['device:read', 'alert:read'];
      const stale = { 'if-match': `"${role.version + 7}"` };
      expect((await room.call('admin', 'PATCH', path, { permissions }, stale)).code).toBe('VERSION_CONFLICT');
      const changed = await room.call<RoleAnswer>('admin', 'PATCH', path, { permissions, version: role.version });
      expect([changed.status, changed.data.version]).toEqual([200, role.version + 1]);
      const again = await room.call('admin', 'PATCH', path, { name: 'Other', version: role.version });
      expect(again.code).toBe('VERSION_CONFLICT');
      await expect.poll(() => statusOf('/alerts'), { timeout: 5_000 }).toBe(200);

      expect((await room.call('admin', 'DELETE', path)).code).toBe('ROLE_IN_USE');
      await room.call('admin', 'PUT', `/users/${id}/memberships/${room.home}`, { role: 'analyst' });
      expect((await room.call('admin', 'DELETE', path)).status).toBe(204);
      expect((await room.call('admin', 'GET', path)).status).toBe(404);
    });

    it('that are built in belong to the release', async () => {
      const { data } = await room.call<RoleAnswer[]>('root', 'GET', '/roles?builtIn=true&search=oper');
      const path = `/roles/${data[0]!.id}`;
      expect((await room.call('root', 'PATCH', path, { name: 'Mine' })).code).toBe('BUILT_IN_ROLE');
      expect((await room.call('root', 'DELETE', path)).code).toBe('BUILT_IN_ROLE');
      expect((await makeRole('admin', [], 'operator')).code).toBe('ROLE_ALREADY_EXISTS');
      const { data: permissions } = await room.call<{ code: string; roles: string[] }[]>(
        'admin',
        'GET',
        '/permissions',
      );
      expect(permissions.find(({ code }) => code === 'sensor_type:write')?.roles).toEqual(['super_admin']);
    });
  });

  describe('accounts', () => {
    it('are not disabled by their own administrators', async () => {
      const own = await room.call('admin', 'PATCH', `/users/${adminId}`, { status: 'disabled' });
      expect([own.status, own.code]).toEqual([409, 'OWN_ACCOUNT']);
    });

    it('are disabled at once, and deleted only when nobody used them', async () => {
      const name = `leaver-${db.kind}`;
      const id = await room.signIn(name, 'operator', room.home);
      const { version } = await get('admin', id);
      expect((await room.call('admin', 'DELETE', `/users/${id}`)).code).toBe('USER_HAS_HISTORY');
      const path = `/users/${id}`;
      expect((await room.call('admin', 'PATCH', path, { status: 'disabled', version: version + 9 })).status).toBe(409);
      const disabled = await room.call<Person>('admin', 'PATCH', path, { status: 'disabled', version });
      expect(disabled.data.status).toBe('disabled');
      await expect.poll(async () => (await room.call(name, 'GET', '/auth/me')).status, { timeout: 5_000 }).toBe(401);
      // The person is told nothing; administrators find out why.
      const login = { email: `${name}@example.org`, password: 'some other pass phrase' };
      expect((await room.call(null, 'POST', '/auth/login', login)).code).toBe('INVALID_CREDENTIALS');
      const failed = await room.call<{ changes: unknown }[]>(
        'admin',
        'GET',
        `/audit-logs?recordId=${id}&outcome=refused`,
      );
      expect(JSON.stringify(failed.data[0])).toContain('"account":"disabled"');
      const { data: unused } = await invite('admin');
      expect((await room.call('admin', 'DELETE', `/users/${unused.id}`)).status).toBe(204);
      expect((await room.call('root', 'GET', `/users/${unused.id}`)).status).toBe(404);
    });
  });
});
