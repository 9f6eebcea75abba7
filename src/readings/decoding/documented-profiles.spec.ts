import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { trialSchema, tryProfile } from './profile-trial.js';
import { compileDefinition } from '../../devices/profiles/compiled-profile.js';

const NOW = Date.UTC(2026, 2, 1, 7);
const DOCUMENT = readFileSync(join(import.meta.dirname, '../../../docs/payloads.md'), 'utf8');
const BLOCK = /```json definition\n([^`]+)```\s+```(json|hex) message ?(\d*)\n([^`]+)```\s+```json result\n([^`]+)```/g;

describe('the examples of docs/payloads.md', () => {
  const examples = [...DOCUMENT.matchAll(BLOCK)].map(([, definition, kind, port, message, result]) => {
    const bytes = { payload: message!.replaceAll(/\s/g, ''), encoding: 'hex', fPort: Number(port) };
    const sample = kind === 'hex' ? bytes : { payload: JSON.parse(message!) as unknown };
    return [
      { definition: JSON.parse(definition!) as { format: string }, ...sample },
      JSON.parse(result!) as object,
    ] as const;
  });

  it('are found', () => expect(examples.length).toBe(DOCUMENT.match(/```json definition/g)!.length));

  it.each(examples)('%# are what really comes out', (trial, result) => {
    const { definition, ...sample } = trialSchema.parse(trial);
    expect(tryProfile(compileDefinition('documented', definition), sample, NOW)).toMatchObject(result);
  });
});
