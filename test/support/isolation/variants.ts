import { newId } from '../../../src/common/ids.js';
import type { Operation, Parameter, Schema } from './operations.js';
import {
  type Ids,
  NO_RECORDS_INSIDE,
  type Thing,
  thingOfField,
  thingOfPathParameter,
  THINGS,
  UnknownThing,
} from './things.js';

/** A request, ready to be sent. */
export interface Call {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly bodyType?: string;
}

/** Where the foreign record is named, if anywhere. */
export type Place = 'path' | 'query' | 'body' | 'table' | 'search' | 'cursor' | 'switch' | 'nowhere';

/** One way to call an operation: with a foreign record somewhere, the rest being one's own. */
export interface Variant {
  readonly operation: Operation;
  readonly place: Place;
  /** For people: `body scope.sensorId`. */
  readonly label: string;
  call(target: Ids, own: Ids): Call;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Values of query parameters that have to be there and name no record. */
const CHOICES: Readonly<Record<string, string>> = { recordType: 'device' };

/** Fields that hold ids of devices, which are no UUIDs. */
const DEVICE_FIELDS: ReadonlySet<string> = new Set(['deviceId', 'deviceIds']);

type Fill = (thing: Thing, name: string) => string;

/**
 * Every way to name a foreign record in an operation.
 * @throws UnknownThing for a parameter or field that there is no record for
 */
export function variantsOf(operation: Operation): Variant[] {
  return [
    ...pathVariants(operation),
    ...queryVariants(operation),
    ...bodyVariants(operation),
    ...tableVariants(operation),
    ...plainVariants(operation),
  ];
}

/** Parameters of the path that name a record of a tenant. */
function ownedParameters({ path, parameters }: Operation): string[] {
  return parameters
    .filter((parameter) => parameter.in === 'path')
    .map(({ name }) => name)
    .filter((name) => THINGS[thingOfPathParameter(path, name)] === 'own');
}

/** Each choice of parameters that are foreign, the others being one's own. */
function pathVariants(operation: Operation): Variant[] {
  const names = ownedParameters(operation);
  const choices = Array.from({ length: 2 ** names.length - 1 }, (_, i) =>
    names.filter((_name, bit) => ((i + 1) >> bit) % 2 === 1),
  );
  const formats = formatsOf(operation);
  return choices.flatMap((foreign) =>
    formats.map((format) =>
      variant(operation, 'path', `path ${foreign.join(', ')}${format}`, (target, own) => ({
        path: fillPath(operation, (thing, name) => (foreign.includes(name) ? target : own)[thing]) + format,
        body: ownBody(operation, own),
      })),
    ),
  );
}

function queryVariants(operation: Operation): Variant[] {
  const queries = operation.parameters.filter((parameter) => parameter.in === 'query');
  return queries.flatMap((parameter) => {
    const thing = thingOfField(parameter.name);
    if (thing === undefined || isChoice(parameter)) return [];
    const place = thing === 'marker' ? 'search' : 'query';
    return formatsOf(operation).map((format) =>
      variant(operation, place, `query ${parameter.name}${format}`, (target, own) => {
        const query = `${parameter.name}=${encodeURIComponent(target[thing])}`;
        return {
          path: `${fillPath(operation, (other) => own[other])}${format === '' ? '?' : `${format}&`}${query}`,
          body: ownBody(operation, own),
        };
      }),
    );
  });
}

function bodyVariants(operation: Operation): Variant[] {
  const { body } = operation;
  if (body === undefined || typeof body.example !== 'object' || body.example === null) return [];
  return fieldsOf(body.schema).flatMap(({ at, thing }) => {
    const label = `body ${at.join('.')}`;
    const put = (whole: boolean) => (target: Ids, own: Ids) => ({
      path: fillPath(operation, (other) => own[other]),
      body: withValue(ownBody(operation, own), at, target[thing], whole),
    });
    const merged = variant(operation, 'body', label, put(false));
    return at.length === 1 ? [merged] : [merged, variant(operation, 'body', `${label} alone`, put(true))];
  });
}

/** Columns of CSV files that name a record of a tenant. */
const TABLE_COLUMNS: Readonly<Record<string, Thing>> = { device_id: 'device', municipality: 'municipality' };

/** A table whose first line names a foreign record, in each column that can. */
function tableVariants(operation: Operation): Variant[] {
  const { type, example } = operation.body ?? {};
  if (type !== 'text/csv' || typeof example !== 'string') return [];
  const [header = '', first = ''] = example.split('\n');
  const columns = header.split(',');
  return columns.flatMap((column, index) => {
    const thing = TABLE_COLUMNS[column];
    if (thing === undefined) return [];
    return variant(operation, 'table', `table ${column}`, (target, own) => ({
      path: fillPath(operation, (other) => own[other]),
      body: `${header}\n${first.split(',').with(index, target[thing]).join(',')}\n`,
    }));
  });
}

/** The operation as it stands, where that names no record of a tenant: a list, a search, something about oneself. */
function plainVariants(operation: Operation): Variant[] {
  if (ownedParameters(operation).length > 0 && operation.method !== 'GET') return [];
  const plain = (place: Place) => (format: string) =>
    variant(operation, place, `as it is${format}`, (_target, own) => ({
      path: fillPath(operation, (thing) => own[thing]) + format,
      body: ownBody(operation, own),
    }));
  const switched = operation.method === 'GET' ? switchesOf(operation) : [];
  return [...formatsOf(operation).map(plain('nowhere')), ...switched.map(plain('switch'))];
}

/** The list from a cursor that somebody else was given; the caller of the test has to fetch it. */
export function cursorVariant(operation: Operation, cursor: string): Variant {
  return variant(operation, 'cursor', 'query cursor', (_target, own) => ({
    path: `${fillPath(operation, (thing) => own[thing])}?cursor=${encodeURIComponent(cursor)}`,
  }));
}

/** Whether the operation answers pages. */
export function isList({ method, parameters }: Operation): boolean {
  const names = parameters.map(({ name }) => name);
  return method === 'GET' && names.includes('limit') && names.includes('cursor');
}

function variant(
  operation: Operation,
  place: Place,
  label: string,
  call: (target: Ids, own: Ids) => { path: string; body?: unknown },
): Variant {
  const { method, body } = operation;
  return {
    operation,
    place,
    label,
    call: (target, own) => {
      const made = call(target, own);
      const path = withRequired(operation, made.path, own);
      return { method, ...made, path, ...(body && { bodyType: body.type }) };
    },
  };
}

/** Adds the query parameters that have to be there. @throws UnknownThing */
function withRequired({ parameters }: Operation, path: string, own: Ids): string {
  const [route = '', query = ''] = path.split('?');
  const given = new URLSearchParams(query);
  for (const { name, in: place, required, schema } of parameters) {
    if (place !== 'query' || !required || given.has(name)) continue;
    const thing = thingOfField(name);
    const value = thing ? own[thing] : (schema?.enum?.[0] ?? CHOICES[name]);
    if (value === undefined)
      throw new UnknownThing(`no value for the query parameter "${name}": add it to variants.ts`);
    given.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return given.size === 0 ? route : `${route}?${given.toString()}`;
}

/** The path with its parameters. */
export function fillPath(operation: Operation, fill: Fill): string {
  return operation.path.replaceAll(/\{(\w+)\}/g, (_match, name: string) =>
    encodeURIComponent(fill(thingOfPathParameter(operation.path, name), name)),
  );
}

/** One query for each format that can be asked for; one without where there is no choice. */
function formatsOf({ parameters }: Operation): string[] {
  const format = parameters.find(({ name, in: place }) => name === 'format' && place === 'query');
  const values = format?.schema?.enum ?? [];
  return values.length === 0 ? [''] : values.map((value) => `?format=${String(value)}`);
}

/** One query for each value of each parameter that has only a few; `true` where the document does not say which. */
function switchesOf({ parameters }: Operation): string[] {
  return parameters
    .filter(({ name, in: place }) => place === 'query' && name !== 'format')
    .flatMap(({ name, schema }) => {
      const values = schema?.enum ?? (isPlainText(schema) ? [true] : []);
      return values.map((value) => `?${name}=${String(value)}`);
    });
}

/** Text of any length: switches (`true` or `false`) are documented so. */
function isPlainText({ type, ...more }: Schema = {}): boolean {
  const limits = Object.keys(more).filter((name) => name !== 'description' && name !== 'default');
  return (type === 'boolean' || type === 'string') && limits.every((name) => name === 'properties');
}

function isChoice({ schema }: Parameter): boolean {
  return schema?.enum !== undefined;
}

/** The documented example with one's own records in place of those that it names, and for whatever version there is. */
function ownBody({ body, path }: Operation, own: Ids): unknown {
  // Who registers a device, names a new one.
  const example = replaceIds(body?.example, path.endsWith('/register') ? { ...own, device: 'new-gauge' } : own);
  if (typeof example !== 'object' || example === null || Array.isArray(example)) return example;
  // One municipality takes a name once, and the matrix makes groups for several people of it.
  if (path.endsWith('/device-groups')) return { ...example, name: `Group ${newId()}` };
  return Object.fromEntries(Object.entries(example).filter(([name]) => name !== 'version'));
}

function replaceIds(value: unknown, own: Ids, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => replaceIds(item, own, name));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, replaceIds(part, own, key)]));
  }
  const isId = typeof value === 'string' && (UUID.test(value) || DEVICE_FIELDS.has(name) || name === 'recipientCode');
  const thing = isId ? thingOfField(name) : undefined;
  return thing === undefined ? value : own[thing];
}

/** Every field of a body that names a record of a tenant. */
function fieldsOf(schema: Schema, at: readonly string[] = []): { at: readonly string[]; thing: Thing }[] {
  const found = Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
    if (NO_RECORDS_INSIDE.has(name)) return [];
    const inside = at.filter((step) => !/^\d+$/.test(step)).at(-1);
    const thing = part.enum ? undefined : thingOfField(name, inside);
    if (thing === undefined) return fieldsOf(part, [...at, name]);
    return THINGS[thing] === 'own' ? [{ at: [...at, name, ...(isArray(part) ? ['0'] : [])], thing }] : [];
  });
  const items = schema.items ? fieldsOf(schema.items, [...at, '0']) : [];
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  const all = [...found, ...items, ...parts.flatMap((part) => fieldsOf(part, at))];
  return [...new Map(all.map((field) => [field.at.join('.'), field])).values()];
}

function isArray({ type, anyOf = [] }: Schema): boolean {
  return type === 'array' || anyOf.some((part) => part.type === 'array');
}

/** A copy of the value with one field set; `alone`: the field's object holds nothing else. */
function withValue(value: unknown, [step, ...rest]: readonly string[], put: string, alone: boolean): unknown {
  if (step === undefined) return put;
  if (/^\d+$/.test(step)) return [withValue((value as unknown[] | undefined)?.[0], rest, put, alone)];
  const known = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const kept = alone && rest.length === 0 ? {} : known;
  return { ...kept, [step]: withValue(known[step], rest, put, alone) };
}
