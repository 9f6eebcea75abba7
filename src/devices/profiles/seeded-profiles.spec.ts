import { describe, expect, it } from 'vitest';
import { profileCodeSchema } from './profile-code.js';
import { profileDefinitionSchema } from './profile-definition.js';
import { PROFILES } from '../../database/seeders/profiles.js';

describe('the seeded profiles', () => {
  it.each(PROFILES)('$code is one as people could store it', ({ code, definition }) => {
    expect(profileCodeSchema.parse(code)).toBe(code);
    expect(profileDefinitionSchema.parse(definition)).toEqual(definition);
  });
});
