import type { Operation, Parameter, Schema } from './operations.js';
import { type Ids, type Thing, thingOfField, thingOfPathParameter, THINGS } from './things.js';

/** A request, ready to be sent. */
export interface Call {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly bodyType?: string;
}

/** Where the foreign record is named, if anywhere. */
export type Place = 'path' | 'query' | 'body' | 'search' | 'cursor' | 'nowhere';

/** One way to call an operation: with a foreign record somewhere, the rest being one's own. */
export interface Variant {
  readonly operation: Operation;
  readonly place: Place;
  /** For people: `body scope.sensorId`. */
  readonly label: string;
  call(target: Ids, own: Ids): Call;
}

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
        body: operation.body?.example,
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
          body: operation.body?.example,
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
      body: withValue(body.example, at, target[thing], whole),
    });
    const merged = variant(operation, 'body', label, put(false));
    return at.length === 1 ? [merged] : [merged, variant(operation, 'body', `${label} alone`, put(true))];
  });
}

/** The operation as it stands, where that names no record of a tenant: a list, a search, something about oneself. */
function plainVariants(operation: Operation): Variant[] {
  if (ownedParameters(operation).length > 0 && operation.method !== 'GET') return [];
  return formatsOf(operation).map((format) =>
    variant(operation, 'nowhere', `as it is${format}`, (_target, own) => ({
      path: fillPath(operation, (thing) => own[thing]) + format,
      body: operation.body?.example,
    })),
  );
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
    call: (target, own) => ({ method, ...call(target, own), ...(body && { bodyType: body.type }) }),
  };
}

/** The path with its parameters, and query parameters that have to be there. */
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

function isChoice({ schema }: Parameter): boolean {
  return schema?.enum !== undefined;
}

/** Every field of a body that names a record of a tenant. */
function fieldsOf(schema: Schema, at: readonly string[] = []): { at: readonly string[]; thing: Thing }[] {
  const found = Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
    const thing = thingOfField(name);
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
