import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from './journal.js';
import { lockRun } from './run-lock.js';

const URL = 'https://hydroalert.example';

describe('Journal', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'journal-'));
    path = join(folder, 'out.journal');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What is found after the process was killed. */
  const reopened = (): Journal => Journal.resume(path, URL);

  it('knows after a kill what was sent, issued and put into bundles', () => {
    const journal = Journal.begin(path, URL);
    journal.add({ type: 'absent', ids: ['a', 'b', 'c'], serverTime: 5 });
    journal.add({ type: 'sending', ids: ['a', 'b', 'c'] });
    journal.add({ type: 'credentials', id: 'a', reissued: false, credentials: { apiKey: 'key of a' } });
    journal.add({ type: 'bundled', id: 'a' }, { type: 'refused', id: 'c' });
    const found = reopened();
    expect(found.of('a')).toMatchObject({ bundled: true, credentials: { apiKey: 'key of a' } });
    expect(found.of('b')).toEqual({ absentAt: 5, sent: true, reissued: false, bundled: false });
    // What the server refused is not ours, whatever comes into being under that name.
    expect(found.of('c')).toEqual({ sent: false, reissued: false, bundled: false });
  });

  it('gathers credentials that are issued one kind after the other', () => {
    const journal = Journal.begin(path, URL);
    journal.add({ type: 'credentials', id: 'a', reissued: true, credentials: { apiKey: 'key' } });
    journal.add({ type: 'credentials', id: 'a', reissued: true, credentials: { hmac: { keyId: 'k', secret: 's' } } });
    expect(reopened().of('a')).toMatchObject({
      reissued: true,
      credentials: { apiKey: 'key', hmac: { keyId: 'k', secret: 's' } },
    });
  });

  it('does without a line that a kill cut off, and writes whole lines after it', () => {
    Journal.begin(path, URL).add({ type: 'sending', ids: ['a'] });
    appendFileSync(path, '{"type":"credentials","id":"a","cre');
    reopened().add({ type: 'sending', ids: ['b'] });
    const found = reopened();
    expect([found.of('a').sent, found.of('a').credentials, found.of('b').sent]).toEqual([true, undefined, true]);
  });

  it('forgets secrets that are in bundles, and no others', () => {
    const journal = Journal.begin(path, URL);
    for (const id of ['a', 'b']) {
      journal.add({ type: 'credentials', id, reissued: false, credentials: { apiKey: `secret-of-${id}` } });
    }
    journal.add({ type: 'bundled', id: 'a' }, { type: 'archive', sha256: 'f00d' }, { type: 'sending', ids: ['c'] });
    journal.forgetSecrets();
    expect(readFileSync(path, 'utf8')).not.toContain('secret-of-a');
    const found = reopened();
    expect(found.withCredentials()).toEqual([['b', { apiKey: 'secret-of-b' }]]);
    expect([found.of('a').bundled, found.of('c').sent, found.archives.has('f00d')]).toEqual([true, true, true]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is not begun twice, and belongs to one installation', () => {
    Journal.begin(path, URL);
    expect(() => Journal.begin(path, URL)).toThrow('--resume');
    expect(() => Journal.resume(path, 'https://elsewhere.example')).toThrow('not about https://elsewhere.example');
  });

  it('is worked on by one run at a time; a lock whose process is gone is none', () => {
    const lock = join(folder, 'out.lock');
    const release = lockRun(lock);
    expect(() => lockRun(lock)).toThrow('Another run');
    release();
    appendFileSync(lock, '4194305');
    lockRun(lock)();
  });
});
