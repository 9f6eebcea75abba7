import type { OpenAPIObject } from '@nestjs/swagger';
import type { Permission } from '../../../src/users/permissions.js';

/** A part of a JSON schema, as far as tests look into it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
}

/** A parameter of the path or the query. */
export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

/** How somebody has to show who they are. */
export type Door = 'public' | 'person' | 'device' | 'broker' | 'uplink';

/** One operation of the OpenAPI document, with what a caller has to know. */
export interface Operation {
  /** `GET /api/v1/alerts/{id}`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly door: Door;
  readonly permission: Permission | undefined;
  readonly parameters: readonly Parameter[];
  readonly body: { readonly type: string; readonly schema: Schema; readonly example: unknown } | undefined;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Every operation of the document, in its order. */
export function operationsOf(document: OpenAPIObject): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const raw = item[method] as RawOperation | undefined;
      return raw === undefined ? [] : [operationOf(document, path, method.toUpperCase(), raw)];
    }),
  );
}

interface RawOperation {
  readonly security?: readonly Record<string, unknown>[];
  readonly 'x-required-permission'?: Permission;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Record<string, Media> };
}

interface Media {
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { value: unknown }>>;
}

function operationOf(document: OpenAPIObject, path: string, method: string, raw: RawOperation): Operation {
  const content = Object.entries(raw.requestBody?.content ?? {})[0];
  return {
    name: `${method} ${path}`,
    method,
    path,
    door: doorOf(raw),
    permission: raw['x-required-permission'],
    parameters: (raw.parameters ?? []).filter((parameter) => parameter.in === 'path' || parameter.in === 'query'),
    body: content && bodyOf(document, ...content),
  };
}

function doorOf({ security = [] }: RawOperation): Door {
  const names = security.flatMap((scheme) => Object.keys(scheme));
  if (names.length === 0) return 'public';
  if (names.includes('bearer')) return 'person';
  if (names.includes('uplinkSource')) return 'uplink';
  return names.includes('brokerHook') ? 'broker' : 'device';
}

function bodyOf(document: OpenAPIObject, type: string, media: Media): NonNullable<Operation['body']> {
  const schema = resolve(document, media.schema ?? {});
  const named = Object.values(media.examples ?? {})[0]?.value;
  return { type, schema, example: media.example ?? named ?? schema.example ?? schema.examples?.[0] };
}

/** The schema with every reference replaced by what it refers to; schemas that hold themselves end at the third turn. */
function resolve(document: OpenAPIObject, schema: Schema, trail: readonly string[] = []): Schema {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/components/schemas/', '');
    if (trail.filter((known) => known === name).length > 2) return {};
    const found = (document.components?.schemas?.[name] ?? {}) as Schema;
    return resolve(document, found, [...trail, name]);
  }
  const all = (list: readonly Schema[] | undefined) => list?.map((part) => resolve(document, part, trail));
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, part]) => [name, resolve(document, part, trail)] as const,
  );
  return {
    ...schema,
    properties: Object.fromEntries(properties),
    ...(schema.items && { items: resolve(document, schema.items, trail) }),
    ...(schema.anyOf && { anyOf: all(schema.anyOf)! }),
    ...(schema.oneOf && { oneOf: all(schema.oneOf)! }),
    ...(schema.allOf && { allOf: all(schema.allOf)! }),
  };
}
