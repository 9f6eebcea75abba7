import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { requireUncommonPassword } from './password-policy.js';

const ADA = { email: 'ada.lindqvist@sollen.example', name: 'Ada Lindqvist' };
const check = (password: string): Promise<void> => requireUncommonPassword(password, ADA, 'newPassword');

describe('requireUncommonPassword', () => {
  it.each([
    ['on the list', '123456qwerty'],
    ['on the list in other letters', 'MotherFucker'],
    ['on the list with something before and behind it', '12-Dragon-2024!!'],
    ['on the list with spaces', 'leave me alone'],
    ['on the list, in full width letters', 'ＭｏｔｈｅｒＦｕｃｋｅｒ'],
    ['on the list, twice', 'monkeymonkey'],
    ['one letter', 'aaaaaaaaaaaa'],
    ['two letters in turn', 'abababababab'],
    ['digits in order', '123456789012'],
    ['digits backwards', '987654321098'],
    ['the alphabet', 'abcdefghijklmnop'],
    ['rows of keys', 'qwertyuiopasdfghjkl'],
    ['the name', 'Ada-Lindqvist-1'],
    ['the address', 'ada.lindqvist2026'],
    ['the platform', 'HydroAlert-2026!'],
    ['the organisation', 'Sollen-2026-Lindqvist'],
    ['words that everybody tries here', 'controlroompassword1'],
  ])('refuses %s: %s', async (_, password) => {
    await expect(check(password)).rejects.toMatchObject({
      kind: 'validation',
      code: 'PASSWORD_TOO_COMMON',
      errors: [{ path: 'newPassword', code: 'PASSWORD_TOO_COMMON' }],
    });
  });

  it.each([
    'river stone lantern 42',
    'a long enough pass phrase',
    'a long enough password',
    'a long enough bench password',
    'correct horse battery staple',
    'Ada likes seven grey herons',
    'zażółć gęślą jaźń',
    '水の流れは絶えずして',
  ])('takes %s', async (password) => {
    await expect(check(password)).resolves.toBeUndefined();
  });

  it('takes what a machine has drawn', async () => {
    for (let i = 0; i < 200; i++) await check(randomBytes(12).toString('base64url'));
  });
});
