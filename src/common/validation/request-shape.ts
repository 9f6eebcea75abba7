import 'reflect-metadata';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';

type Handler = (...args: never[]) => unknown;

/** What a route reads of a request, by the decorators of its parameters. */
export interface RequestShape {
  /** Names of the single query parameters; `all` when a schema says what the query may hold. */
  readonly query: ReadonlySet<string> | 'all';
  readonly takesBody: boolean;
  /** Whether a schema is held against the body, which then must not be nested too deeply. */
  readonly checksBody: boolean;
}

interface Argument {
  readonly data?: unknown;
  readonly schema?: unknown;
}

/** `<type>:<index>`; decorators of our own have a random word for a type, which may begin with a digit. */
const BUILT_IN = /^\d+:\d+$/;
const BODIES: readonly number[] = [RouteParamtypes.BODY, RouteParamtypes.RAW_BODY];

/** The shape of a controller's method. */
export function requestShapeOf(controller: object, handler: Handler): RequestShape {
  const known = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler.name) ?? {}) as Record<string, Argument>;
  const args = Object.entries(known)
    .filter(([key]) => BUILT_IN.test(key))
    .map(([key, argument]) => ({ type: Number.parseInt(key, 10), ...argument }));
  const queries = args.filter(({ type }) => type === (RouteParamtypes.QUERY as number));
  const names = queries.map(({ data }) => data);
  const bodies = args.filter(({ type }) => BODIES.includes(type));
  return {
    query: names.every((name) => typeof name === 'string') ? new Set(names) : 'all',
    takesBody: bodies.length > 0,
    checksBody: bodies.some(({ schema }) => schema !== undefined),
  };
}
