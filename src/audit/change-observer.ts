import {
  ChangeSetType,
  MikroORM,
  wrap,
  type ChangeSet,
  type EntityManager,
  type EventSubscriber,
  type FlushEventArgs,
  type TransactionEventArgs,
} from '@mikro-orm/core';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { currentActor } from '../common/request-context/request-context.js';
import { auditStandingOf, type AuditDeclaration, type AuditLookup, type ChainOwners } from '../database/audited.js';
import { runSql, sqlClientOf, type SqlClient } from '../database/sql.js';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import type { AuditEntry } from './audit-entry.js';
import { AuditLog } from './audit-log.js';
import { recordedValues, valuesBefore } from './recorded-values.js';

/** Change with every change, so they say nothing. */
const ALWAYS_IGNORED = ['updatedAt', 'version'];

/** A change that is about to be stored. */
interface Draft {
  readonly change: ChangeSet<object>;
  readonly declaration: AuditDeclaration<object>;
  /** Names of the fields that are told. */
  readonly fields: ReadonlySet<string>;
  readonly before: Record<string, unknown> | undefined;
  /** Whose affair the record was until now; nobody's when it is new. */
  readonly owners: ChainOwners;
}

/**
 * Writes what people and commands change through the ORM into the audit log, in the transaction of the change. What
 * devices and the broker cause has records of its own (readings, presence, alerts).
 */
@Injectable()
export class ChangeObserver implements EventSubscriber, OnModuleInit {
  private readonly drafts = new WeakMap<EntityManager, { drafts: Draft[]; inTransaction: boolean }>();

  constructor(
    private readonly orm: MikroORM,
    private readonly dialect: SqlDialect,
    private readonly log: AuditLog,
  ) {}

  onModuleInit(): void {
    this.orm.em.getEventManager().registerSubscriber(this);
  }

  async onFlush({ em, uow }: FlushEventArgs): Promise<void> {
    this.drafts.delete(em);
    const actor = currentActor();
    if (actor?.kind === 'device' || (actor?.kind === 'system' && actor.id === 'broker')) return;
    const drafts: Draft[] = [];
    for (const change of uow.getChangeSets()) {
      const draft = await this.draft(change as ChangeSet<object>, em);
      if (draft !== undefined) drafts.push(draft);
    }
    if (drafts.length > 0) this.drafts.set(em, { drafts, inTransaction: em.isInTransaction() });
  }

  /** Everything is stored, and the transaction of whoever flushed is still open. */
  async afterFlush({ em }: FlushEventArgs): Promise<void> {
    if (this.drafts.get(em)?.inTransaction === true) await this.write(em, sqlClientOf(em));
  }

  /** A flush that made a transaction of its own is about to commit it. */
  async beforeTransactionCommit({ em, transaction }: TransactionEventArgs): Promise<void> {
    if (this.drafts.get(em)?.inTransaction === false) await this.write(em, transaction as SqlClient);
  }

  private async draft(change: ChangeSet<object>, em: EntityManager): Promise<Draft | undefined> {
    const standing = auditStandingOf(change.meta.class);
    if (standing?.audited !== true) return undefined;
    const { declaration } = standing;
    const ignored = new Set<string>([...ALWAYS_IGNORED, ...(declaration.ignore ?? [])]);
    const names = isUpdate(change) ? Object.keys(change.payload) : change.meta.props.map(({ name }) => String(name));
    const fields = new Set(names.filter((name) => !ignored.has(name)));
    const { only } = declaration;
    if (fields.size === 0 || (only && (!isUpdate(change) || !only.some((name) => fields.has(name))))) return undefined;
    const original = storedValues(change);
    const before = original && valuesBefore(change.meta, original, em.getPlatform());
    const owners = before ? await declaration.chains(before, this.lookup(sqlClientOf(em))) : [];
    return { change, declaration, fields, before, owners };
  }

  private async write(em: EntityManager, client: SqlClient): Promise<void> {
    const { drafts = [] } = this.drafts.get(em) ?? {};
    this.drafts.delete(em);
    const lookup = this.lookup(client);
    const entries: AuditEntry[] = [];
    for (const draft of drafts) entries.push(await entryOf(draft, lookup));
    await this.log.write(client, entries);
  }

  /** Asks the same only once for all changes of a flush. */
  private lookup(client: SqlClient): AuditLookup {
    const known = new Map<string, Promise<readonly unknown[]>>();
    return <Row>(sql: string, params: readonly unknown[]) => {
      const key = JSON.stringify([sql, params]);
      let rows = known.get(key);
      if (rows === undefined) {
        rows = runSql<Row>(client, this.dialect.bind(sql), params).then((result) => result.rows);
        known.set(key, rows);
      }
      return rows as Promise<readonly Row[]>;
    };
  }
}

/** The values that the record was read with; undefined for a new one. */
function storedValues(change: ChangeSet<object>): Readonly<Record<string, unknown>> | undefined {
  const { __originalEntityData: read } = wrap(change.entity, true);
  const values = change.originalEntity ?? (isRemoval(change) ? read : undefined);
  return values;
}

function isRemoval({ type }: ChangeSet<object>): boolean {
  return type === ChangeSetType.DELETE || type === ChangeSetType.DELETE_EARLY;
}

function isUpdate({ type }: ChangeSet<object>): boolean {
  return type === ChangeSetType.UPDATE || type === ChangeSetType.UPDATE_EARLY;
}

async function entryOf(
  { change, declaration, fields, before, owners }: Draft,
  lookup: AuditLookup,
): Promise<AuditEntry> {
  const { meta, entity } = change;
  const verb = isRemoval(change) ? 'deleted' : isUpdate(change) ? (declaration.verb?.(entity) ?? 'updated') : 'created';
  const id = declaration.id?.(entity) ?? String(change.getSerializedPrimaryKey());
  return {
    action: `${declaration.type}.${verb}`,
    municipalityIds: isRemoval(change) ? owners : [...owners, ...(await declaration.chains(entity, lookup))],
    record: { type: declaration.type, id, label: declaration.label?.(entity) ?? null },
    changes: {
      ...(before === undefined ? {} : { before: recordedValues(meta, fields, before) }),
      ...(isRemoval(change)
        ? {}
        : { after: recordedValues(meta, fields, entity as Readonly<Record<string, unknown>>) }),
    },
  };
}
