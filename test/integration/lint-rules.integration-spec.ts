import { join } from 'node:path';
import { ESLint } from 'eslint';
import { beforeAll, describe, expect, it } from 'vitest';

const project = join(import.meta.dirname, '../..');
const eslint = new ESLint({ cwd: project });

/** Rules that a text breaks when it stands in place of an existing file. */
async function brokenRules(path: string, text: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(`${text}\n`, { filePath: join(project, path) });
  return (result?.messages ?? []).map(({ ruleId }) => ruleId);
}

const SERVICE = 'src/common/ids.ts';

/** The first file takes the types of the whole project with it. */
beforeAll(() => brokenRules(SERVICE, ''));

describe('the lint rules bite', () => {
  it.each([
    ['no-restricted-properties', SERVICE, "export const mode = process.env['NODE_ENV'];"],
    ['no-restricted-properties', SERVICE, 'export const { env } = process;'],
    ['no-restricted-syntax', SERVICE, "import { env } from 'node:process';\nexport const mode = env['NODE_ENV'];"],
    ['no-restricted-syntax', SERVICE, "export const later = () => import('./clock.js');"],
    ['no-restricted-syntax', SERVICE, "export * from './clock.js';"],
    [
      'no-restricted-syntax',
      SERVICE,
      "import { forwardRef } from '@nestjs/common';\nexport const later = forwardRef(() => String);",
    ],
    ['no-console', SERVICE, "console.log('x');"],
    [
      '@typescript-eslint/no-floating-promises',
      SERVICE,
      'export const f = (work: () => Promise<void>): void => {\n  work();\n};',
    ],
    ['@typescript-eslint/no-misused-promises', SERVICE, 'export const f = (p: Promise<number>) => (p ? 1 : 2);'],
    ['@typescript-eslint/no-explicit-any', SERVICE, 'export const f = (x: any): unknown => x;'],
    ['@typescript-eslint/no-unused-vars', SERVICE, 'const unused = 1;\nexport const used = 2;'],
    [
      '@typescript-eslint/consistent-type-imports',
      SERVICE,
      "import { Clock } from './clock.js';\nexport const f = (clock: Clock): Date => clock.now();",
    ],
    ['@typescript-eslint/no-unsafe-assignment', SERVICE, "export const parsed: { a: number } = JSON.parse('{}');"],
    ['eqeqeq', SERVICE, 'export const f = (x: string): boolean => x == "1";'],
    ['max-lines', SERVICE, 'export const x = [\n' + '  1,\n'.repeat(300) + '];'],
    [
      'max-lines-per-function',
      SERVICE,
      'export function f(): number[] {\n  return [\n' + '    1,\n'.repeat(40) + '  ];\n}',
    ],
    ['max-lines', 'test/support/app.ts', 'export const x = [\n' + '  1,\n'.repeat(300) + '];'],
  ])('%s in %s', async (rule, path, text) => {
    expect(await brokenRules(path, text)).toContain(rule);
  });

  it('on no file without reason', async () => {
    expect(await brokenRules('src/config/load-config.ts', "export const mode = process.env['NODE_ENV'];")).toEqual([]);
    expect(
      await brokenRules(
        SERVICE,
        "import type { Clock } from './clock.js';\n\nexport const f = (clock: Clock): Date => clock.now();",
      ),
    ).toEqual([]);
  });
});
