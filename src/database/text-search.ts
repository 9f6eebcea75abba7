import { raw, type FilterQuery } from '@mikro-orm/core';
import { containsPattern } from '../common/validation/text.schemas.js';

/** Condition: one of the columns holds the text somewhere; upper and lower case are the same. */
export function textContains<T extends object>(columns: readonly string[], text: string): FilterQuery<T> {
  const like = { $like: containsPattern(text) };
  const alternatives = columns.map((column) => ({ [raw((alias) => `lower(${alias}.${column})`)]: like }));
  return { $or: alternatives } as FilterQuery<T>;
}
