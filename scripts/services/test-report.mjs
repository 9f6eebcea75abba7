/** Counts a test run from vitest's JSON report. */
import { existsSync, readFileSync } from 'node:fs';

/**
 * @param {string} file
 * @param {{ exitCode: number | string, filtered: boolean }} run filtered: tests were picked by name, so others are skipped on purpose
 * @returns {{ passed: number, failed: number, notes: string[] }}
 */
export function countTests(file, { exitCode, filtered }) {
  const suites = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).testResults : [];
  const tests = suites.flatMap((suite) => suite.assertionResults);
  const named = (...statuses) => tests.filter((test) => statuses.includes(test.status)).map((test) => test.fullName);
  const passed = named('passed').length;
  const skipped = filtered ? [] : named('skipped', 'pending', 'todo', 'disabled');
  const broken = suites.filter((suite) => suite.status === 'failed' && !suite.assertionResults.some(hasFailed));
  const notes = [
    ...skipped.map((name) => `Skipped, which counts as failed: ${name}`),
    ...broken.map((suite) => `Failed outside of its tests: ${suite.name}`),
  ];
  let failed = named('failed').length + skipped.length + broken.length;
  if (failed === 0 && passed === 0) {
    notes.push('No test was run, which counts as failed.');
    failed = 1;
  }
  if (failed === 0 && exitCode !== 0) {
    notes.push(`The test runner ended with ${exitCode}, which counts as failed (see its output above).`);
    failed = 1;
  }
  return { passed, failed, notes };
}

const hasFailed = (test) => test.status === 'failed';
