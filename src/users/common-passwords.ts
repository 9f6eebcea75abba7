import { hash } from 'node:crypto';

/** Tells whether a word is one of the passwords that attackers try first; lower case. */
export type CommonPasswords = (word: string) => boolean;

let loaded: Promise<CommonPasswords> | undefined;

/** The list of common passwords, read when it is first needed. */
export function commonPasswords(): Promise<CommonPasswords> {
  loaded ??= load();
  return loaded;
}

/** Kept as sorted 64-bit hashes: 400 kB instead of the 5 MB that the words take. */
async function load(): Promise<CommonPasswords> {
  // eslint-disable-next-line no-restricted-syntax -- a package, not a room: most processes never need its megabytes
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  const words = dictionary['passwords-common'];
  const hashes = BigUint64Array.from(words, fingerprint).sort();
  // Nobody else reads the library's own list, and it would stay in memory.
  words.length = 0;
  return (word) => contains(hashes, fingerprint(word));
}

function fingerprint(word: string): bigint {
  return hash('sha256', word, 'buffer').readBigUInt64LE();
}

function contains(sorted: BigUint64Array, value: bigint): boolean {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle]! < value) from = middle + 1;
    else to = middle;
  }
  return sorted[from] === value;
}
