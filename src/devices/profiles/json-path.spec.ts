import fc from 'fast-check';
import { query } from 'json-p3';
import { describe, expect, it } from 'vitest';
import { compileRecords, compileSingular, PathError, valueAt } from './json-path.js';

describe('paths to one value', () => {
  it.each([
    ['$', []],
    ['$.a.b', ['a', 'b']],
    ['$["a b"][0]', ['a b', 0]],
    ['$.list[-1].v', ['list', -1, 'v']],
    ["$['$ref']", ['$ref']],
  ])('%s', (path, steps) => expect(compileSingular(path)).toEqual({ relative: false, steps }));

  it('begin at the record with @', () => {
    expect(compileSingular('@.v')).toEqual({ relative: true, steps: ['v'] });
    expect(compileSingular('@')).toEqual({ relative: true, steps: [] });
  });

  it.each([
    ...['$..*', '$..a', '$.*', '$[*]', '$.a[0:5]', '$.a[?@.b == 1]', '$.a[0,1]', '$..["a"]', '$[::1000000]'],
    ...['a.b', '', '$.', '$.a[', '@@', '$.a[99999]', `$${'.a'.repeat(13)}`, `$.${'a'.repeat(200)}`],
    ...['$.a[?match(@.b, "(a+)+$")]', '$.a[?@..b]'],
  ])('refuse %s, which could fan out or is none', (path) => {
    expect(() => compileSingular(path)).toThrow(PathError);
  });

  it('lead where JSONPath itself leads', () => {
    const key = fc.constantFrom('a', 'b', '__proto__', 'constructor', 'length', 'x y');
    const step = fc.oneof(key, fc.integer({ min: -3, max: 3 }));
    const json = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.integer(),
        fc.string(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(json, fc.array(step, { maxLength: 4 }), (raw, steps) => {
        // As it comes from outside: `__proto__` is an own member there.
        const value = JSON.parse(JSON.stringify(raw)) as never;
        const path = `$${steps.map((one) => `[${JSON.stringify(one)}]`).join('')}`;
        expect(valueAt(value, compileSingular(path).steps)).toEqual(query(path, value).values()[0]);
      }),
    );
  });

  it('never reach what is not in the message', () => {
    for (const path of ['$.constructor', '$.__proto__', '$.toString.name', '$.list.length', '$.text[0]', '$.list.a']) {
      expect(valueAt({ list: [1], text: 'abc' }, compileSingular(path).steps)).toBeUndefined();
    }
  });
});

describe('paths to records', () => {
  it.each([
    ['$.data', { steps: ['data'], members: false }],
    ['$.data[*]', { steps: ['data'], members: true }],
    ['$[*]', { steps: [], members: true }],
    ['$.a[0].*', { steps: ['a', 0], members: true }],
  ])('%s', (path, compiled) => expect(compileRecords(path)).toEqual(compiled));

  it.each(['$..*', '$.a[*].b', '$[*][*]', '$..[*]', '$.a[?@.b]', '@.data'])('refuse %s', (path) => {
    expect(() => compileRecords(path)).toThrow(PathError);
  });
});
