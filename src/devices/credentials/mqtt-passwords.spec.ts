import { hash, verify } from '@node-rs/argon2';
import { afterEach, expect, it, vi } from 'vitest';
import { SystemClock } from '../../common/clock.js';
import { MqttPasswords } from './mqtt-passwords.js';

vi.mock('@node-rs/argon2', () => ({ hash: vi.fn(), verify: vi.fn() }));

const STORED = '$argon2id$stored';
const DECOY = '$argon2id$decoy';
/** One is computed, 1,000 wait for it. */
const FULL = 1_001;

afterEach(() => vi.resetAllMocks());

/** Passwords whose hashes are computed when the test says so; `running` are those of now. */
function setUp() {
  vi.mocked(hash).mockResolvedValue(DECOY);
  const running: { compared: string; end: () => void }[] = [];
  vi.mocked(verify).mockImplementation(
    (compared) =>
      new Promise((resolve) => {
        const one = {
          compared: String(compared),
          end: () => {
            running.splice(running.indexOf(one), 1);
            resolve(true);
          },
        };
        running.push(one);
      }),
  );
  const passwords = new MqttPasswords(new SystemClock());
  /** The answers to so many questions, none of which has come. */
  const asked = async (isStranger: boolean, count: number): Promise<(() => Promise<boolean>)[]> => {
    const answers = Array.from({ length: count }, (_, i) =>
      passwords.matches(`user-${i}`, 'secret', isStranger ? undefined : STORED, isStranger),
    );
    for (const answer of answers) answer.catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    return answers.map((answer) => () => answer);
  };
  const compared = () => running.map((one) => one.compared).sort();
  return { passwords, running, asked, compared };
}

it('lets devices in while strangers fill their line, and never computes more than two hashes at once', async () => {
  const { passwords, running, asked, compared } = setUp();
  const strangers = await asked(true, FULL);
  expect(compared()).toEqual([DECOY]);
  await expect(passwords.matches('one-more', 'x', undefined, true)).rejects.toMatchObject({ code: 'BUSY' });
  const devices = await asked(false, 3);
  expect(compared()).toEqual([DECOY, STORED]);
  for (let place = 0; place < 3; place++) {
    running.find((one) => one.compared === STORED)!.end();
    expect(await devices[place]!()).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
  }
  running[0]!.end();
  expect(await strangers[0]!()).toBe(false);
  expect(compared()).toEqual([DECOY]);
});

it('computes two hashes of devices at once', async () => {
  const { asked, compared } = setUp();
  await asked(false, 5);
  expect(compared()).toEqual([STORED, STORED]);
});
