import { describe, expect, it } from 'vitest';
import { firstContact, type Connecting, type ProtocolVersion } from './first-contact.js';

const PATIENCE = { silentMs: 50, allMs: 150 };
const NEVER = new AbortController().signal;

/** Devices of a broker that answers each version with an error, with silence, or by connecting. */
function world(answers: Partial<Record<ProtocolVersion, string>>, known: readonly ProtocolVersion[] = []) {
  const cut: ProtocolVersion[] = [];
  const cast = (version: ProtocolVersion) =>
    [1, 2].map(() => ({
      device: {
        connect: () => undefined,
        connected: known.includes(version),
        lastError: answers[version],
        cut: () => Promise.resolve(void cut.push(version)),
      } satisfies Connecting,
    }));
  return { cast, cut };
}

describe('firstContact', () => {
  it('stays with MQTT 5 where the broker knows it', async () => {
    const { cast, cut } = world({}, [4, 5]);
    expect(await firstContact(cast, undefined, NEVER, PATIENCE)).toMatchObject({ version: 5 });
    expect(cut).toEqual([]);
  });

  it.each([
    'Connection refused: Unacceptable protocol version',
    'Connection refused: Unsupported Protocol Version',
    'read ECONNRESET',
    undefined,
  ])('takes 3.1.1 for all devices when version 5 ends with %s', async (answer) => {
    const { cast, cut } = world(answer === undefined ? {} : { 5: answer }, [4]);
    expect(await firstContact(cast, undefined, NEVER, PATIENCE)).toMatchObject({ version: 4 });
    expect(cut).toEqual([5, 5]);
  });

  it('stays with the version that was asked for, and ends with the reason', async () => {
    const refused = 'Connection refused: Unacceptable protocol version';
    await expect(firstContact(world({ 5: refused }, [4]).cast, 5, NEVER, PATIENCE)).rejects.toThrow(refused);
  });

  it('ends with the reason when nobody can be connected', async () => {
    const { cast, cut } = world({ 5: 'connect ECONNREFUSED', 4: 'connect ECONNREFUSED' });
    await expect(firstContact(cast, undefined, NEVER, PATIENCE)).rejects.toThrow('connect ECONNREFUSED');
    expect(cut).toEqual([5, 5]);
    await expect(firstContact(world({}).cast, undefined, NEVER, PATIENCE)).rejects.toThrow('does not answer');
  });
});
