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

  it.each([[], ['migrate'], ['create-admin'], ['seed-demo'], ['audit', 'verify'], ['audit', 'export']])(
    'explains itself: %s --help',
    async (...command) => {
      expect(await runCli([...command, '--help'])).toBe(0);
      expect(printed).toContain('Usage:');
    },
  );

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
