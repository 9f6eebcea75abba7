import { EntityManager, LockMode, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../common/clock.js';
import { pageOf, startAfter, type Page } from '../common/pagination/page.js';
import { requireTenantScope } from '../common/request-context/request-context.js';
import { requireVersion, type ExpectedVersion } from '../common/versioning/version.js';
import { textContains } from '../database/text-search.js';
import { Transactions, type Transaction } from '../database/transaction.js';
import { municipalityNotFound } from '../devices/device.errors.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import { permissionsIn, type Principal } from '../users/principal.js';
import {
  dashboardMunicipalityRequired,
  dashboardNotFound,
  sharedDashboardForbidden,
  tooManyDashboards,
} from './dashboard.errors.js';
import { Dashboard } from './dashboard.entity.js';
import type { ListedDashboard } from './dashboard.mapper.js';
import type { CreateDashboard, ListDashboards, PatchDashboard } from './dashboard.schemas.js';
import { checkLayout } from './layout-references.js';

const cursorSchema = z.tuple([z.guid()]);
/** Personal ones of one person, and shared ones of one municipality. */
const MAX_PERSONAL = 100;
const MAX_SHARED = 500;

/**
 * Reads and changes dashboards: the shared ones of the municipalities where the caller sees dashboards, and their own. The
 * filters of the entity keep the rest away. Routes ask for `dashboard:read`; who may keep a shared one is decided here,
 * since it depends on the dashboard.
 */
@Injectable()
export class DashboardsService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly clock: Clock,
  ) {}

  /** Dashboards in the order of their making, without their layouts. @throws BadRequestError `CURSOR_INVALID` */
  async list(query: ListDashboards): Promise<Page<ListedDashboard>> {
    const where: FilterQuery<Dashboard>[] = [];
    const [after] = startAfter(query, cursorSchema) ?? [];
    if (after !== undefined) where.push({ id: { $gt: after } });
    if (query.municipalityId !== undefined) where.push({ municipalityId: query.municipalityId });
    if (query.shared !== undefined) where.push({ ownerId: query.shared ? null : { $ne: null } });
    if (query.search !== undefined) where.push(textContains(['name'], query.search));
    const options = { orderBy: { id: 'asc' as const }, limit: query.limit + 1, exclude: ['layout'] as const };
    const dashboards = await this.em.fork().find(Dashboard, { $and: where }, options);
    return pageOf<ListedDashboard>(dashboards, query.limit, ({ id }) => [id]);
  }

  /** @throws NotFoundError `DASHBOARD_NOT_FOUND` */
  async get(id: string): Promise<Dashboard> {
    const dashboard = await this.em.fork().findOne(Dashboard, { id });
    if (dashboard === null) throw dashboardNotFound(id);
    return dashboard;
  }

  /**
   * Makes a personal dashboard of the caller, or one that the municipality shares.
   * @throws NotFoundError `MUNICIPALITY_NOT_FOUND`; ForbiddenError `SHARED_DASHBOARD`; ValidationError for a missing
   *   municipality, unknown sensors; ConflictError `TOO_MANY_DASHBOARDS`
   */
  async create(input: CreateDashboard, caller: Principal): Promise<Dashboard> {
    const municipalityId = municipalityOf(input.municipalityId);
    const { name, shared, layout } = input;
    if (shared) requireWrite(caller, municipalityId);
    return this.transactions.run(async (tx) => {
      if ((await tx.em.count(Municipality, { id: municipalityId })) === 0) throw municipalityNotFound();
      await checkLayout(tx, layout, municipalityId, this.clock.nowMs());
      const ownerId = shared ? null : caller.id;
      await refuseTooMany(tx, municipalityId, ownerId);
      const dashboard = tx.em.create(Dashboard, { municipalityId, ownerId, name, layout });
      await tx.em.flush();
      return dashboard;
    });
  }

  /**
   * Changes a dashboard; a personal one can be shared, and a shared one taken back for oneself.
   * @throws NotFoundError `DASHBOARD_NOT_FOUND`; ForbiddenError `SHARED_DASHBOARD`; ConflictError `VERSION_CONFLICT`,
   *   `TOO_MANY_DASHBOARDS`; ValidationError for unknown sensors
   */
  update(
    id: string,
    { name, shared, layout }: Omit<PatchDashboard, 'version'>,
    caller: Principal,
    expected?: ExpectedVersion,
  ): Promise<Dashboard> {
    return this.transactions.run(async (tx) => {
      const dashboard = await lock(tx, id, caller, expected);
      const isShared = (dashboard.ownerId ?? null) === null;
      if (shared !== undefined && shared !== isShared) {
        requireWrite(caller, dashboard.municipalityId);
        const ownerId = shared ? null : caller.id;
        await refuseTooMany(tx, dashboard.municipalityId, ownerId);
        dashboard.ownerId = ownerId;
      }
      if (layout !== undefined) {
        await checkLayout(tx, layout, dashboard.municipalityId, this.clock.nowMs());
        dashboard.layout = layout;
      }
      if (name !== undefined) dashboard.name = name;
      await tx.em.flush();
      return dashboard;
    });
  }

  /** @throws NotFoundError `DASHBOARD_NOT_FOUND`; ForbiddenError `SHARED_DASHBOARD`; ConflictError `VERSION_CONFLICT` */
  remove(id: string, caller: Principal, expected?: ExpectedVersion): Promise<void> {
    return this.transactions.run(async (tx) => {
      tx.em.remove(await lock(tx, id, caller, expected));
      await tx.em.flush();
    });
  }
}

async function lock(tx: Transaction, id: string, caller: Principal, expected: ExpectedVersion): Promise<Dashboard> {
  const dashboard = await tx.em.findOne(Dashboard, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (dashboard === null) throw dashboardNotFound(id);
  if ((dashboard.ownerId ?? null) === null) requireWrite(caller, dashboard.municipalityId);
  requireVersion(dashboard, expected);
  return dashboard;
}

function requireWrite(caller: Principal, municipalityId: string): void {
  if (!permissionsIn(caller, municipalityId).has('dashboard:write')) throw sharedDashboardForbidden();
}

async function refuseTooMany(tx: Transaction, municipalityId: string, ownerId: string | null): Promise<void> {
  const limit = ownerId === null ? MAX_SHARED : MAX_PERSONAL;
  const where = ownerId === null ? { ownerId, municipalityId } : { ownerId };
  if ((await tx.em.count(Dashboard, where)) >= limit) throw tooManyDashboards(limit);
}

/** The municipality of a new dashboard, from what was asked for and where the caller sees dashboards. */
function municipalityOf(wanted: string | undefined): string {
  const scope = requireTenantScope();
  if (scope.kind === 'all') {
    if (wanted === undefined) throw dashboardMunicipalityRequired();
    return wanted;
  }
  const municipalityId = wanted ?? (scope.municipalityIds.length === 1 ? scope.municipalityIds[0] : undefined);
  if (municipalityId === undefined) throw dashboardMunicipalityRequired();
  if (!scope.municipalityIds.includes(municipalityId)) throw municipalityNotFound();
  return municipalityId;
}
