import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countTests } from './test-report.mjs';

describe('countTests', () => {
  let folder;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'report-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** @param {string[][]} suites statuses of the tests of each file; a file without tests has failed to load */
  function count(suites, { exitCode = 0, filtered = false } = {}) {
    const file = join(folder, 'report.json');
    const testResults = suites.map((statuses, index) => ({
      name: `file-${index}`,
      status: statuses.length === 0 || statuses.includes('failed') ? 'failed' : 'passed',
      assertionResults: statuses.map((status, number) => ({ status, fullName: `test-${number}` })),
    }));
    writeFileSync(file, JSON.stringify({ testResults }));
    const { passed, failed } = countTests(file, { exitCode, filtered });
    return [passed, failed];
  }

  it.each([
    [
      'passed and failed tests',
      [
        ['passed', 'passed'],
        ['failed', 'passed'],
      ],
      {},
      [3, 1],
    ],
    ['a file that could not be loaded as failed', [['passed'], []], {}, [1, 1]],
    ['a skipped test as failed', [['passed', 'skipped', 'todo']], {}, [1, 2]],
    ['a test that was not picked by name as nothing', [['passed', 'skipped']], { filtered: true }, [1, 0]],
    ['a run without tests as failed', [], {}, [0, 1]],
    ['a run in which nothing but skipped tests was picked as failed', [['skipped']], { filtered: true }, [0, 1]],
    ['an error outside of all tests as failed', [['passed']], { exitCode: 1 }, [1, 1]],
  ])('counts %s', (_, suites, run, expected) => {
    expect(count(suites, run)).toEqual(expected);
  });

  it('counts a run that left no report as failed', () => {
    expect(countTests(join(folder, 'none.json'), { exitCode: 1, filtered: false })).toMatchObject({
      passed: 0,
      failed: 1,
    });
  });
});
