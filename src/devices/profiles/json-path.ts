import { compile, jsonpath } from 'json-p3';

const { NameSelector, IndexSelector, WildcardSelector } = jsonpath.selectors;

/** Characters and steps of a path at most. */
export const MAX_PATH_LENGTH = 200;
const MAX_STEPS = 12;
/** Far behind the end of any list that is taken. */
const MAX_INDEX = 10_000;

/** A path that leads to one place at most: names and positions, one after the other. */
export interface SingularPath {
  /** The path begins at the record (`@`) instead of the whole message (`$`). */
  readonly relative: boolean;
  readonly steps: readonly (string | number)[];
}

/** A path to the records of a message: to a list, or with a wildcard at its end to the members of a list or an object. */
export interface RecordsPath {
  readonly steps: readonly (string | number)[];
  /** The members of an object are the records, not the object. */
  readonly members: boolean;
}

/** What is wrong with a path, in words for whoever wrote it. */
export class PathError extends Error {
  override readonly name = 'PathError';
}

/**
 * Compiles a path of RFC 9535 that is a singular query: names and indexes only. `@` in place of `$` begins at the record.
 * Anything that could fan out (`..`, `*`, slices, filters) is refused, so that reading one costs its steps and no more.
 * @throws PathError
 */
export function compileSingular(path: string): SingularPath {
  const relative = path.startsWith('@');
  return { relative, steps: stepsOf(relative ? `$${path.slice(1)}` : path) };
}

/**
 * Compiles the path to the records: a singular query, with one `[*]` at its end where people like to write it.
 * @throws PathError
 */
export function compileRecords(path: string): RecordsPath {
  const segments = segmentsOf(path);
  const last = segments.at(-1);
  const members =
    last !== undefined &&
    last.selectors.length === 1 &&
    last.selectors[0] instanceof WildcardSelector &&
    !isDescendant(last);
  return { steps: (members ? segments.slice(0, -1) : segments).map(stepOf), members };
}

/** The value that a path leads to; undefined when there is none. Never touches anything but the value's own members. */
export function valueAt(value: unknown, steps: readonly (string | number)[]): unknown {
  let at = value;
  for (const step of steps) {
    if (typeof at !== 'object' || at === null) return undefined;
    if (typeof step === 'number') {
      if (!Array.isArray(at)) return undefined;
      at = (at as unknown[])[step < 0 ? at.length + step : step];
    } else {
      if (Array.isArray(at) || !Object.hasOwn(at, step)) return undefined;
      at = (at as Record<string, unknown>)[step];
    }
  }
  return at;
}

function stepsOf(path: string): (string | number)[] {
  return segmentsOf(path).map(stepOf);
}

type Segment = InstanceType<typeof jsonpath.JSONPathSegment>;

function segmentsOf(path: string): readonly Segment[] {
  if (path.length > MAX_PATH_LENGTH) throw new PathError(`is longer than ${MAX_PATH_LENGTH} characters`);
  let segments: readonly Segment[];
  try {
    ({ segments } = compile(path));
  } catch (error) {
    throw new PathError(`is no JSONPath (RFC 9535): ${(error as Error).message}`);
  }
  if (segments.length > MAX_STEPS) throw new PathError(`has more than ${MAX_STEPS} steps`);
  return segments;
}

function isDescendant(segment: Segment): boolean {
  return segment.toString().startsWith('..');
}

function stepOf(segment: Segment): string | number {
  const [selector, ...others] = segment.selectors;
  if (others.length === 0 && !isDescendant(segment)) {
    if (selector instanceof NameSelector) return selector.name;
    if (selector instanceof IndexSelector && Math.abs(selector.index) <= MAX_INDEX) return selector.index;
  }
  throw new PathError('may only hold names and positions, such as $.data.level or $.list[0]');
}
