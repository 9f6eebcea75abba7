import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from './program.js';

describe('runCli', () => {
  let printed = '';

  beforeEach(() => {
    printed = '';
    const collect = (text: string | Uint8Array): boolean => ((printed += String(text)), true);
    vi.spyOn(process.stdout, 'write').mockImplementation(collect);
    vi.spyOn(process.stderr, 'write').mockImplementation(collect);
  });
  afterEach(() => vi.restoreAllMocks());

  it.each([
    [],
    ['migrate'],
    ['create-admin'],
    ['seed-demo'],
    ['audit', 'verify'],
    ['audit', 'export'],
    ['provision'],
    ['simulate'],
    ['device'],
    ['device', 'rotate'],
  ])('explains itself: %s --help', async (...command) => {
    expect(await runCli([...command, '--help'])).toBe(0);
    expect(printed).toContain('Usage:');
  });

  it('tells an export that was touched from one that cannot be checked', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'audit-')), 'export.ndjson');
    writeFileSync(file, 'no line of an export\n');
    expect(await runCli(['audit', 'verify', '--file', file])).toBe(3);
    expect(await runCli(['audit', 'verify', '--file', `${file}.missing`])).toBe(1);
    expect(await runCli(['audit', 'verify', '--file', 'export.csv'])).toBe(1);
    expect(printed).toContain('CSV is for reading');
  });

  it.each([
    ['an unknown command', ['destroy']],
    ['an unknown option', ['migrate', '--force']],
    ['a missing option', ['create-admin']],
    ['an unknown format', ['audit', 'export', '--format', 'xml']],
    ['a time that is none', ['audit', 'export', '--from', 'yesterday']],
  ])('fails for %s', async (_, args) => {
    expect(await runCli(args)).toBe(1);
    expect(printed).toContain('error:');
  });
});
