import { ValidationError } from '../common/errors/errors.js';
import { commonPasswords, type CommonPasswords } from './common-passwords.js';

/** Words that an attacker of this platform tries first. */
const OWN_WORDS = ['hydroalert', 'municipality', 'controlroom', 'password', 'passwort'];
/** Shorter words occur in too many others. */
const MIN_WORD_LENGTH = 4;
/** What has to be left of a password without the words that everybody could guess. */
const MIN_REST_LENGTH = 8;
const MIN_DISTINCT_LETTERS = 5;
/** Rows of keys and alphabets, in whose order people type passwords. */
const SEQUENCES = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'qwertzuiop'];

/** Whose password it is going to be: words from it are no secret. */
export interface PasswordOwner {
  readonly email: string;
  readonly name: string;
}

/**
 * Refuses a password that an attacker would try early: one of the common ones, also with something hung on its ends, a
 * repetition or a sequence, or one that says little more than what everybody knows of the person and the platform. There
 * are no rules about which kinds of letters it has to have (NIST SP 800-63B).
 * @param field where the password stands in the request, for the error
 * @throws ValidationError `PASSWORD_TOO_COMMON`
 */
export async function requireUncommonPassword(password: string, owner: PasswordOwner, field: string): Promise<void> {
  if (!isGuessable(password, wordsOf(owner), await commonPasswords())) return;
  const message = 'is easy to guess: choose several words that nobody would connect with you';
  throw new ValidationError(
    [{ path: field, code: 'PASSWORD_TOO_COMMON', message }],
    'PASSWORD_TOO_COMMON',
    'The password is easy to guess. Choose another one.',
  );
}

/** Whether an attacker who knows `words` would try the password early. */
export function isGuessable(password: string, words: readonly string[], isCommon: CommonPasswords): boolean {
  const text = password.normalize('NFKC').toLowerCase();
  const compact = text.replace(/[^\p{L}\p{N}]/gu, '');
  const core = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  return (
    new Set(text).size < MIN_DISTINCT_LETTERS ||
    [text, compact, core, unitOf(compact)].some((word) => word !== '' && isCommon(word)) ||
    isSequence(compact) ||
    withoutWords(compact, words).length < MIN_REST_LENGTH
  );
}

/** The part that a text repeats (`abcabc`: `abc`); the text itself when it repeats none. */
function unitOf(text: string): string {
  const start = `${text}${text}`.indexOf(text, 1);
  return start > 0 ? text.slice(0, start) : text;
}

/** Made of no more than three runs of a row of keys or of the alphabet, forwards or backwards. */
function isSequence(text: string): boolean {
  let rest = text;
  for (let runs = 0; runs < 3 && rest !== ''; runs++) rest = rest.slice(runLength(rest));
  return rest === '';
}

function runLength(text: string): number {
  let longest = 1;
  for (const sequence of SEQUENCES) {
    for (const row of [sequence, [...sequence].reverse().join('')]) {
      let length = longest;
      while (length < text.length && row.includes(text.slice(0, length + 1))) length++;
      longest = Math.max(longest, length);
    }
  }
  return longest;
}

/** What is left of a password when every known word is taken out, the longest first. */
function withoutWords(text: string, words: readonly string[]): string {
  return words
    .toSorted((one, other) => other.length - one.length)
    .reduce((rest, word) => rest.replaceAll(word, ''), text);
}

function wordsOf({ email, name }: PasswordOwner): string[] {
  const [local = '', domain = ''] = email.toLowerCase().split('@');
  const parts = `${local} ${name} ${domain}`
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  const whole = [local, name.normalize('NFKC').toLowerCase()].map((text) => text.replace(/[^\p{L}\p{N}]/gu, ''));
  return [...new Set([...OWN_WORDS, ...whole, ...parts])].filter((word) => word.length >= MIN_WORD_LENGTH);
}
