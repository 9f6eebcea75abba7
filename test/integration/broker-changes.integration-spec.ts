import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { Clock } from '../../src/common/clock.js';
import { newId } from '../../src/common/ids.js';
import { SecretCipher } from '../../src/database/secret-cipher.js';
import { BrokerChanges } from '../../src/devices/broker/broker-changes.js';
import { DesiredRightsReader } from '../../src/devices/broker/desired-rights.js';
import { PlatformUser } from '../../src/devices/broker/platform-user.js';
import { Reconciliation } from '../../src/devices/broker/reconciliation.js';
import { RightsApplier } from '../../src/devices/broker/rights-applier.js';
import { RightsTurn } from '../../src/devices/broker/rights-turn.js';
import type { Transactions } from '../../src/database/transaction.js';
import { DynsecUnavailable } from '../../src/mqtt/dynamic-security/dynsec.errors.js';
import type {
  DefaultAccess,
  DynsecCommand,
  DynsecResponse,
  ListedClient,
  ListedRole,
} from '../../src/mqtt/dynamic-security/dynsec.types.js';
import { DynsecClient } from '../../src/mqtt/dynamic-security/dynsec-client.js';
import { MqttConnectionState } from '../../src/mqtt/mqtt-connection-state.js';
import { withMqttDefaults } from '../../src/mqtt/mqtt.options.js';
import { describeEachDatabase } from '../support/databases.js';

interface CredentialOptions {
  readonly kind?: string;
  readonly endsIn?: number;
  readonly revoked?: boolean;
  /** Whether its password can be read. */
  readonly sealed?: boolean;
}

/** A broker that keeps what it is told; `fail`: it does as it is told, but its answer is lost. */
class RememberingBroker {
  readonly told: DynsecCommand[] = [];
  listed = 0;
  fail = false;

  send(commands: readonly DynsecCommand[]): Promise<DynsecResponse[]> {
    this.told.push(...commands);
    if (this.fail) return Promise.reject(new DynsecUnavailable('timeout'));
    return Promise.resolve(commands.map(({ command }) => ({ command })));
  }
  clients(): Promise<ListedClient[]> {
    this.listed++;
    return Promise.resolve([]);
  }
  roles(): Promise<ListedRole[]> {
    return Promise.resolve([]);
  }
  defaultAccess(): Promise<DefaultAccess> {
    const denied = { publishClientSend: false, subscribe: false };
    return Promise.resolve({ ...denied, publishClientReceive: true, unsubscribe: true });
  }
}

class StillClock extends Clock {
  at = Date.UTC(2026, 10, 24);
  now(): Date {
    return new Date(this.at);
  }
}

describeEachDatabase((db) => {
  const clock = new StillClock();
  const municipality = newId();
  let changes: BrokerChanges;
  let reader: DesiredRightsReader;
  let cipher: SecretCipher;

  beforeAll(async () => {
    const config = db.config({ MQTT_DYNAMIC_SECURITY: 'true' });
    changes = new BrokerChanges(config, clock);
    cipher = new SecretCipher(config);
    reader = new DesiredRightsReader(clock, cipher, new PlatformUser(config));
    await insertMunicipality(municipality, 'active');
  });
  beforeEach(async () => {
    await db.transactions.query('delete from broker_changes');
    await db.transactions.query('delete from device_credentials');
    await db.transactions.query('delete from devices');
  });
  afterEach(() => (clock.at = Date.UTC(2026, 10, 24)));

  async function insertMunicipality(id: string, status: string): Promise<void> {
    await db.transactions.query(
      `insert into municipalities (id, code, name, status, created_at, updated_at)
       values (?, ?, 'Town', ?, current_timestamp, current_timestamp)`,
      [id, id, status],
    );
  }

  async function insertDevice(id: string, municipalityId = municipality, status = 'active'): Promise<void> {
    await db.transactions.query(
      `insert into devices (id, municipality_id, name, status, created_at, updated_at)
       values (?, ?, 'Gauge', ?, current_timestamp, current_timestamp)`,
      [id, municipalityId, status],
    );
  }

  async function insertCredential(
    deviceId: string,
    { kind = 'mqtt', endsIn, revoked = false, sealed = true }: CredentialOptions = {},
  ): Promise<string> {
    const id = newId();
    const instant = (offset: number) => db.dialect.instant(clock.nowMs() + offset);
    await db.transactions.query(
      `insert into device_credentials (id, device_id, kind, lookup, secret_encrypted, expires_at, revoked_at, created_at)
       values (?, ?, ?, ?, ?, ?, ?, current_timestamp)`,
      [
        id,
        deviceId,
        kind,
        `${deviceId}~${id}`,
        kind !== 'mqtt' ? null : sealed ? cipher.encrypt('secret', `${deviceId}~${id}`) : 'v1.of-another-key',
        endsIn === undefined ? null : instant(endsIn),
        revoked ? instant(0) : null,
      ],
    );
    return id;
  }

  const note = (deviceId: string | null, urgent = false) =>
    db.transactions.run((tx) => changes.note(tx, municipality, deviceId, urgent));
  const due = () => db.transactions.run((tx) => changes.due(tx, 10));

  it('keeps a change if and only if its transaction is committed, and nothing where no broker is kept in step', async () => {
    const failing = db.transactions.run(async (tx) => {
      await changes.note(tx, municipality, 'gauge-1', true);
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect(await due()).toEqual([]);
    const off = new BrokerChanges(db.config(), clock);
    await db.transactions.run((tx) => off.note(tx, municipality, 'gauge-1', true));
    expect(await due()).toEqual([]);
    await note('gauge-1');
    expect(await due()).toMatchObject([{ deviceId: 'gauge-1', urgent: false, attempts: 0 }]);
  });

  it('hands out first what takes rights away, and what failed later than before', async () => {
    await note('gauge-1');
    clock.at += 1;
    await note('gauge-2', true);
    const [urgent, other] = await due();
    expect([urgent?.deviceId, other?.deviceId]).toEqual(['gauge-2', 'gauge-1']);
    for (const pause of [250, 500, 1_000]) {
      const [change] = (await due()).filter(({ deviceId }) => deviceId === 'gauge-2');
      await db.transactions.run((tx) => changes.postpone(tx, [change!]));
      clock.at += pause - 1;
      expect((await due()).map(({ deviceId }) => deviceId)).toEqual(['gauge-1']);
      clock.at += 1;
      expect((await due()).map(({ deviceId }) => deviceId)).toEqual(['gauge-2', 'gauge-1']);
    }
  });

  it('does not lose a change that comes while an earlier one of the same device is being applied', async () => {
    await note('gauge-1');
    await db.transactions.run(async (tx) => {
      const noted = await changes.of(tx, ['gauge-1']);
      // Somebody else's transaction, which waits for nobody.
      await note('gauge-1', true);
      await changes.done(tx, noted.get('gauge-1') ?? []);
    });
    expect(await due()).toMatchObject([{ deviceId: 'gauge-1', urgent: true }]);
  });

  it('takes a change of a municipality apart into its devices', async () => {
    for (const id of ['gauge-1', 'gauge-2']) await insertDevice(id);
    await note(null, true);
    await db.transactions.run(async (tx) => {
      const [change] = await changes.due(tx, 10);
      await changes.expand(tx, change!);
    });
    expect((await due()).map(({ deviceId, urgent }) => [deviceId, urgent])).toEqual([
      ['gauge-1', true],
      ['gauge-2', true],
    ]);
  });

  it('reads live credentials of active devices of active municipalities, and when the next of them ends', async () => {
    const suspended = newId();
    await insertMunicipality(suspended, 'suspended');
    await insertDevice('gauge-1');
    await insertDevice('gauge-2', municipality, 'deactivated');
    await insertDevice('gauge-3', suspended);
    const [lasting, ending] = [await insertCredential('gauge-1'), await insertCredential('gauge-1', { endsIn: 5_000 })];
    const certificate = await insertCredential('gauge-1', { kind: 'certificate', endsIn: 9_000 });
    await insertCredential('gauge-1', { kind: 'api_key' });
    await insertCredential('gauge-1', { revoked: true });
    await insertCredential('gauge-1', { endsIn: -1 });
    for (const id of ['gauge-2', 'gauge-3']) await insertCredential(id);
    const all = await db.transactions.run((tx) => reader.all(tx));
    expect([...all.clients.keys()]).toEqual(['gauge-1']);
    expect(
      all.clients
        .get('gauge-1')
        ?.map(({ username }) => username)
        .toSorted(),
    ).toEqual([lasting, ending, certificate].map((id) => `gauge-1~${id}`).toSorted());
    expect(all.ends.get('gauge-1')).toEqual({ municipalityId: municipality, at: clock.nowMs() + 5_000 });
    clock.at += 5_000;
    const later = await db.transactions.run((tx) => reader.of(tx, ['gauge-1', 'gauge-2', 'nobody']));
    expect(later.clients.get('gauge-1')).toHaveLength(2);
    expect([...later.clients.keys()]).toEqual(['gauge-1']);
  });

  function turnOn(client: DynsecClient): RightsTurn {
    const applier = new RightsApplier(client);
    return new RightsTurn(clock, changes, reader, applier, new Reconciliation(clock, changes, reader, applier));
  }

  it('goes on with the others where a password cannot be read', async () => {
    for (const id of ['gauge-1', 'gauge-2', 'gauge-3']) await insertDevice(id);
    await insertCredential('gauge-1', { sealed: false });
    const certificate = await insertCredential('gauge-1', { kind: 'certificate' });
    const readable = await insertCredential('gauge-2');
    const all = await db.transactions.run((tx) => reader.all(tx));
    expect(all.unknownPasswords).toBe(1);
    const broker = new RememberingBroker();
    const turn = turnOn(broker as unknown as DynsecClient);
    for (const id of ['gauge-1', 'gauge-2', 'gauge-3']) await note(id, true);
    expect(await db.transactions.run((tx) => turn.take(tx))).toBe('more');
    expect(await due()).toEqual([]);
    const made = broker.told.flatMap((one) => (one.command === 'createClient' ? [[one.username, one.password]] : []));
    expect(made).toEqual([
      [`gauge-1~${certificate}`, undefined],
      [`gauge-2~${readable}`, 'secret'],
    ]);
  });

  it('plans nothing for a device whose id the platform may connect under', async () => {
    const { clientId } = db.config().mqtt;
    for (const id of ['hydroalert-old', clientId, 'gauge-1']) {
      await insertDevice(id);
      await insertCredential(id);
    }
    const { clients } = await db.transactions.run((tx) => reader.all(tx));
    expect([...clients.keys()]).toEqual(['gauge-1']);
  });

  it('does not trust what it remembers after a turn that failed and could not be undone', async () => {
    const broker = new RememberingBroker();
    const turn = turnOn(broker as unknown as DynsecClient);
    const take = () => db.transactions.run((tx) => turn.take(tx));
    const epoch = async () => {
      const { rows } = await db.transactions.query<{ epoch: number | string }>('select epoch from broker_sync');
      return Number(rows[0]?.epoch);
    };
    await insertDevice('gauge-1');
    await insertCredential('gauge-1');
    await note('gauge-1');
    broker.fail = true;
    await expect(take()).rejects.toThrow(DynsecUnavailable);
    const away = { run: () => Promise.reject(new Error('the database is away')) } as unknown as Transactions;
    await expect(turn.undo(away)).rejects.toThrow('away');
    // The change is lost as well, as if the commit had been done and only its answer lost.
    await db.transactions.query('delete from broker_changes');
    const before = await epoch();
    expect(await turn.isWanted(db.transactions)).toBe(true);
    await expect(take()).rejects.toThrow(DynsecUnavailable);
    expect(await epoch()).toBe(before);
    broker.fail = false;
    const listed = broker.listed;
    expect(await take()).toBe('more');
    // Once for what was told and not noted, once for this turn.
    expect(await epoch()).toBe(before + 2);
    expect(broker.listed).toBe(listed + 1);
    expect(await due()).toEqual([]);
    expect(broker.told.at(-1)).toMatchObject({ command: 'createClient' });
  });

  it('lets one instance at a time work on the broker', async () => {
    const settings = withMqttDefaults({ url: 'mqtt://127.0.0.1:1', clientId: 'x' });
    const turn = turnOn(new DynsecClient(settings, new MqttConnectionState(clock)));
    await note('gauge-1');
    await db.transactions.run(async (tx) => {
      await tx.query(`select epoch from broker_sync where name = 'rights' for update`);
      expect(await db.transactions.run((other) => turn.take(other))).toBe('busy');
    });
    // Now it is our turn, but the broker is not there: the change stays.
    await expect(db.transactions.run((tx) => turn.take(tx))).rejects.toThrow(/no connection/);
    expect(await due()).toHaveLength(1);
  });
});
