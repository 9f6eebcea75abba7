import type { EntityClass } from '@mikro-orm/core';

/** Asks the database inside the transaction of the change; raw SQL with `?` placeholders. */
export type AuditLookup = <Row>(sql: string, params: readonly unknown[]) => Promise<readonly Row[]>;

/** Municipalities in whose chains of the audit log a change stands; null, or none at all: the chain of the country. */
export type ChainOwners = readonly (string | null | undefined)[];

/** How the changes of an entity are told in the audit log. */
export interface AuditDeclaration<T> {
  /** What the record is called, snake_case; the first part of the action, as in `device.updated`. */
  readonly type: string;
  /** What people know the record by. */
  readonly label?: (record: T) => string | null | undefined;
  /** Whose affair the change is. */
  readonly chains: (record: T, lookup: AuditLookup) => ChainOwners | Promise<ChainOwners>;
  /** Id of the record in the log, where it is not the primary key. */
  readonly id?: (record: T) => string;
  /** Fields that change without anybody's decision; `updatedAt` and `version` always count as such. */
  readonly ignore?: readonly (keyof T & string)[];
  /** Only changes of these fields are told; for what the platform itself mostly writes. */
  readonly only?: readonly (keyof T & string)[];
  /** A better word than `updated`, where the change has one. */
  readonly verb?: (record: T) => string;
}

/** What is known about an entity: how it is audited, or why it is not. */
export type AuditStanding =
  | { readonly audited: true; readonly declaration: AuditDeclaration<object> }
  | { readonly audited: false; readonly reason: string };

const standings = new WeakMap<object, AuditStanding>();

/**
 * Declares that every change of an entity through the ORM gets into the audit log, in the transaction of the change.
 * Stands in the entity's own file; a test finds entities that declare nothing.
 */
export function audited<T extends object>(entity: EntityClass<T>, declaration: AuditDeclaration<T>): void {
  standings.set(entity, { audited: true, declaration: declaration as unknown as AuditDeclaration<object> });
}

/** Declares that an entity has no place in the audit log, and why. */
export function notAudited(entity: EntityClass<object>, reason: string): void {
  standings.set(entity, { audited: false, reason });
}

/** What an entity declared; undefined for one that declared nothing. */
export function auditStandingOf(entity: object): AuditStanding | undefined {
  return standings.get(entity);
}
