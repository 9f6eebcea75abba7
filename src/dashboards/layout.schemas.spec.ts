import { describe, expect, it } from 'vitest';
import { newId } from '../common/ids.js';
import { LAYOUT_EXAMPLE } from './layout.examples.js';
import { layoutSchema } from './layout.schemas.js';

const place = { id: 'a', x: 0, y: 0, w: 4, h: 4 };
const text = (more: object = {}) => ({ ...place, kind: 'text', settings: { text: 'x' }, ...more });
const latest = (sensorIds: unknown) => ({ ...place, kind: 'latest', settings: { sensorIds } });
const codesOf = (layout: unknown): (string | undefined)[] =>
  (layoutSchema.safeParse(layout).error?.issues ?? []).map((issue) => {
    const params = 'params' in issue ? (issue.params as { code: string }) : undefined;
    return params?.code ?? issue.code;
  });

describe('a layout', () => {
  it('is what the documentation shows, or empty', () => {
    expect(layoutSchema.parse(LAYOUT_EXAMPLE)).toEqual(LAYOUT_EXAMPLE);
    expect(layoutSchema.parse({ widgets: [] })).toEqual({ widgets: [] });
  });

  it('takes every kind of widget, over each other too, in every language', () => {
    const sensorIds = [newId()];
    const widgets = [
      { ...place, id: '1', kind: 'map' },
      { ...place, id: '2', kind: 'alerts' },
      { ...place, id: '3', kind: 'devices', settings: { health: ['late'] } },
      { ...place, id: '4', kind: 'latest', settings: { sensorIds } },
      { ...place, id: '5', kind: 'trend', settings: { sensorIds, range: '7d' }, title: 'پانی کی سطح' },
      { ...text({ id: '6' }), settings: { text: 'two\nlines 🌊' } },
    ];
    expect(layoutSchema.parse({ widgets })).toEqual({ widgets });
  });

  it.each([
    ['no list', {}],
    ['an unknown field', { widgets: [], columns: 12 }],
    ['an unknown kind', { widgets: [{ ...place, kind: 'video', settings: {} }] }],
    ['settings of another kind', { widgets: [{ ...place, kind: 'map', settings: { text: 'x' } }] }],
    ['an unknown field of a widget', { widgets: [text({ script: 'x' })] }],
    ['a place left of the grid', { widgets: [text({ x: -1 })] }],
    ['half a column', { widgets: [text({ w: 1.5 })] }],
    ['no height', { widgets: [text({ h: 0 })] }],
    ['text that cannot be stored', { widgets: [text({ settings: { text: 'a\0' } })] }],
    ['half a character', { widgets: [text({ settings: { text: '\ud800' } })] }],
    ['no sensor', { widgets: [latest([])] }],
    ['what is no id', { widgets: [latest(['x'])] }],
    ['a number of sensors that nobody reads', { widgets: [latest(Array.from({ length: 51 }, newId))] }],
    ['a sensor twice', { widgets: [latest(Array.from({ length: 2 }, () => '0199c1a4-5b1e-7a43-9d4e-1f0c7b9a2d12'))] }],
    ['more than 64 widgets', { widgets: Array.from({ length: 65 }, (_, index) => text({ id: `w${index}` })) }],
  ])('is refused with %s', (_, layout) => {
    expect(layoutSchema.safeParse(layout).success).toBe(false);
  });

  it('says what is wrong with it as a whole', () => {
    expect(codesOf({ widgets: [text(), text()] })).toEqual(['DUPLICATE_WIDGET']);
    expect(codesOf({ widgets: [text({ x: 22, w: 3 })] })).toEqual(['OUTSIDE_GRID']);
    const long = Array.from({ length: 7 }, (_, id) => text({ id: `w${id}`, settings: { text: 'x'.repeat(10_000) } }));
    expect(codesOf({ widgets: long })).toEqual(['LAYOUT_TOO_LARGE']);
  });

  it('may be 64 KiB large and not a byte more, counted as UTF-8', () => {
    const widgets = (last: string) => [
      ...Array.from({ length: 6 }, (_, id) => text({ id: `w${id}`, settings: { text: 'é'.repeat(5_000) } })),
      text({ id: 'last', settings: { text: last } }),
    ];
    const left = 64 * 1024 - Buffer.byteLength(JSON.stringify({ widgets: widgets('') }));
    expect(layoutSchema.safeParse({ widgets: widgets('x'.repeat(left)) }).success).toBe(true);
    expect(codesOf({ widgets: widgets('x'.repeat(left + 1)) })).toEqual(['LAYOUT_TOO_LARGE']);
  });
});
