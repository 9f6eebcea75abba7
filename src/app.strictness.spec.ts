import { METHOD_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppModule } from './app.module.js';
import { parseConfig } from './config/load-config.js';

/** Bodies that stay open, and why. */
const OPEN: Readonly<Record<string, string>> = {
  'ReadingsHttpController.take': 'metrics stand at the top level by contract; each value gets its own verdict',
  'UplinksController.chirpstack': 'network servers send far more than is read, and each version something else',
  'UplinksController.tts': 'network servers send far more than is read, and each version something else',
  'BrokerController.authenticate': 'brokers send more than we ask for, each its own',
  'BrokerController.authorize': 'brokers send more than we ask for, each its own',
  'GoAuthController.user': 'brokers send more than we ask for, each its own',
  'GoAuthController.superuser': 'brokers send more than we ask for, each its own',
  'GoAuthController.acl': 'brokers send more than we ask for, each its own',
};

/** What is inside of a schema, as zod keeps it. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly catchall?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly items?: readonly z.core.$ZodType[];
  readonly getter?: () => z.core.$ZodType;
}
const INNER = ['element', 'innerType', 'in', 'out', 'left', 'right', 'valueType', 'rest'] as const;

/** Paths of all objects in a schema that would let unknown fields pass. */
function openObjects(schema: z.core.$ZodType, path = '(top)', seen = new Set<z.core.$ZodType>()): string[] {
  if (seen.has(schema)) return [];
  seen.add(schema);
  const def = schema._zod.def as unknown as Definition;
  const inner = [
    ...Object.entries(def.shape ?? {}).map(([key, field]) => [field, `${path}.${key}`] as const),
    ...[...(def.options ?? []), ...(def.items ?? [])].map((option) => [option, path] as const),
    ...INNER.map((key) => [(def as unknown as Record<string, z.core.$ZodType | undefined>)[key], path] as const),
    [def.getter?.(), path] as const,
  ].flatMap(([field, at]) => (field?._zod === undefined ? [] : openObjects(field, at, seen)));
  const open = def.type === 'object' && def.catchall?._zod.def.type !== 'never';
  return [...(open ? [path] : []), ...inner];
}

interface Route {
  readonly name: string;
  readonly inputs: readonly { readonly type: number; readonly data?: unknown; readonly schema?: unknown }[];
}

/** Every route of every controller; nothing is instantiated. */
async function routes(): Promise<Route[]> {
  const env = { NODE_ENV: 'test', DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', LOG_LEVEL: 'silent' };
  const module = AppModule.forRoot(parseConfig(env));
  const app = await NestFactory.createApplicationContext(module, { preview: true, logger: false });
  const controllers = [...app.get(ModulesContainer).values()].flatMap((one) => [...one.controllers.values()]);
  return controllers.flatMap(({ metatype }) => {
    const type = metatype as { name: string; prototype: Record<string, object> };
    return Object.getOwnPropertyNames(type.prototype)
      .filter((method) => Reflect.hasMetadata(METHOD_METADATA, type.prototype[method]!))
      .map((method) => {
        const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, type, method) ?? {}) as Record<string, object>;
        const inputs = Object.entries(args)
          .filter(([key]) => /^\d+:\d+$/.test(key))
          .map(([key, arg]) => ({ type: Number.parseInt(key, 10), ...arg }));
        return { name: `${type.name}.${method}`, inputs };
      });
  });
}

function complaints({ name, inputs }: Route): string[] {
  return inputs
    .filter(({ type }) => [RouteParamtypes.QUERY, RouteParamtypes.BODY].includes(type))
    .flatMap(({ schema }) => {
      if (!(schema instanceof z.ZodType)) return [`${name}: reads input that no schema checks`];
      return openObjects(schema).map((path) => `${name}: lets unknown fields pass at ${path}`);
    });
}

describe('the schemas of all routes', () => {
  it('refuse unknown fields, at every depth', async () => {
    const all = await routes();
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter(({ name }) => !(name in OPEN)).flatMap(complaints)).toEqual([]);
    // An exception that is none any more is taken out.
    expect(all.filter((route) => route.name in OPEN && complaints(route).length > 0)).toHaveLength(
      Object.keys(OPEN).length,
    );
  });

  it('are seen through', () => {
    const open = z.object({ a: z.strictObject({}), b: z.object({}) });
    const nested = z.union([z.strictObject({ list: z.array(open).optional() }), z.record(z.string(), z.object({}))]);
    expect(openObjects(nested.transform(String).pipe(z.string()))).toEqual(['(top).list', '(top).list.b', '(top)']);
    expect(openObjects(z.strictObject({ at: z.looseObject({}) }))).toEqual(['(top).at']);
  });
});
