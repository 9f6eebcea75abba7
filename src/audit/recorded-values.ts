import { JsonType, type EntityMetadata, type Platform } from '@mikro-orm/core';

/** Stands for a value that never gets into the log. */
export const SECRET = '[secret]';

/** How fields are called that hold secrets, in columns and in JSON. */
const SECRET_NAME =
  /(passw(or)?d|passphrase|secrets?|tokens?|jwt|api[-_]?keys?|private[-_]?key(pem)?|hmac|signature|nonce|hash|encrypted)$/i;

/** Fields of an entity as they are told in the log: those that are given, secrets replaced, in the order of the entity. */
export function recordedValues<T extends object>(
  meta: EntityMetadata<T>,
  names: ReadonlySet<string>,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const recorded: Record<string, unknown> = {};
  for (const { name, hidden } of meta.props) {
    if (!names.has(name) || values[name] === undefined) continue;
    const value = values[name];
    recorded[name] = hidden === true || SECRET_NAME.test(name) ? masked(value) : withoutSecrets(value);
  }
  return recorded;
}

/** The values that a record had when it was read, as the entity shows them; the ORM keeps them as it stores them. */
export function valuesBefore<T extends object>(
  meta: EntityMetadata<T>,
  stored: Readonly<Record<string, unknown>>,
  platform: Platform,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, customType } of meta.props) {
    const value = stored[name];
    if (value === undefined) continue;
    if (value === null || !customType) values[name] = value;
    else if (customType instanceof JsonType) values[name] = typeof value === 'string' ? JSON.parse(value) : value;
    else values[name] = customType.convertToJSValue(value, platform);
  }
  return values;
}

/** Masks what stands under a secret's name, at any depth; nothing else is changed or cut. */
function withoutSecrets(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(withoutSecrets);
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      SECRET_NAME.test(name) ? masked(field) : withoutSecrets(field),
    ]),
  );
}

/** That there was nothing may be known. */
function masked(value: unknown): unknown {
  return value === null || value === undefined ? null : SECRET;
}
