import type { Permission } from '../../../src/users/permissions.js';
import type { Caller, Reply } from './caller.js';
import type { Operation } from './operations.js';
import type { Secrets } from './secrets.js';
import { differences, type Rows } from './tenant-state.js';
import { type Ids, UnknownThing } from './things.js';
import { cursorVariant, isList, type Call, type Variant, variantsOf } from './variants.js';

/** What must not be. */
export interface Finding {
  readonly operation: string;
  readonly caller: string;
  readonly variant: string;
  readonly problem: string;
}

/** What is tried, by whom, and on whose records. */
export interface MatrixPlan {
  readonly operations: readonly Operation[];
  /** People who have nothing to do with the owner, and nobody. */
  readonly strangers: readonly Caller[];
  /** Somebody who may do some things in the owner's municipality, too. */
  readonly guest?: { readonly caller: Caller; readonly permissions: ReadonlySet<Permission> };
  /** The owner of the records. */
  readonly owner: Caller;
  readonly target: Ids;
  /** Records of the callers. */
  readonly own: Ids;
  /** Ids that nothing has: a foreign record must look like them. */
  readonly unknown: Ids;
  readonly secrets: Secrets;
  /** The owner's rows as they are now. */
  readonly state: () => Promise<Rows>;
  /** Variants (`POST /x body y`) that are as they are for a reason. */
  readonly accepted: Readonly<Record<string, string>>;
}

/** How much was tried, and what came back. */
export class MatrixNumbers {
  calls = 0;
  readonly byStatus = new Map<number, number>();

  count(reply: Reply): void {
    this.calls++;
    this.byStatus.set(reply.status, (this.byStatus.get(reply.status) ?? 0) + 1);
  }
}

/** Tries every operation, as everybody, with the foreign records in every place; nothing is thrown, all is listed. */
export class IsolationMatrix {
  readonly findings: Finding[] = [];
  readonly numbers = new MatrixNumbers();

  constructor(private readonly plan: MatrixPlan) {}

  async run(): Promise<readonly Finding[]> {
    for (const operation of this.plan.operations) {
      const variants = await this.variants(operation);
      if (operation.method === 'GET') {
        await Promise.all(this.callers().map((caller) => this.tryAll(caller, variants)));
        continue;
      }
      for (const caller of this.callers()) {
        const before = await this.plan.state();
        await this.tryAll(caller, variants);
        for (const change of differences(before, await this.plan.state())) {
          this.report(operation, caller, 'state', `changed what belongs to somebody else: ${change}`);
        }
      }
    }
    return this.findings;
  }

  private callers(): Caller[] {
    const { strangers, guest } = this.plan;
    return [...strangers, ...(guest ? [guest.caller] : [])];
  }

  private async variants(operation: Operation): Promise<Variant[]> {
    try {
      if (operation.body !== undefined && operation.body.example === undefined) {
        throw new UnknownThing('its body has no example');
      }
      const variants = variantsOf(operation).filter(
        ({ label }) => this.plan.accepted[`${operation.name} ${label}`] === undefined,
      );
      return isList(operation) ? [...variants, ...(await this.cursors(operation))] : variants;
    } catch (error) {
      if (!(error instanceof UnknownThing)) throw error;
      this.report(operation, this.plan.owner, 'fixtures', error.message);
      return [];
    }
  }

  /** The list from where the owner's second page begins. */
  private async cursors(operation: Operation): Promise<Variant[]> {
    const variant = variantsOf(operation).find(({ place }) => place === 'nowhere')!;
    const call = variant.call(this.plan.target, this.plan.target);
    const path = `${call.path}${call.path.includes('?') ? '&' : '?'}limit=1`;
    const { json } = await this.plan.owner.call({ ...call, path });
    const cursor = (json?.['meta'] as { page?: { nextCursor: string | null } } | undefined)?.page?.nextCursor;
    return cursor ? [cursorVariant(operation, cursor)] : [];
  }

  private async tryAll(caller: Caller, variants: readonly Variant[]): Promise<void> {
    for (const variant of variants) await this.tryOne(caller, variant);
  }

  private async tryOne(caller: Caller, variant: Variant): Promise<void> {
    const { target, own, unknown } = this.plan;
    const call = variant.call(target, own);
    const reply = await this.send(caller, call);
    const say = (problem: string) => this.report(variant.operation, caller, variant.label, problem);
    if (reply.status >= 500) say(`answered ${reply.status}: ${reply.text}`);
    if (this.isAllowed(caller, variant.operation)) return;
    const leaked = this.plan.secrets.foundIn(reply.text, sentText(call));
    if (leaked.length > 0) say(`answered ${reply.status} with what belongs to somebody else: ${leaked.join(', ')}`);
    const expected = expectedOf(caller, variant);
    if (expected !== undefined && !expected.includes(reply.status)) {
      say(`answered ${reply.status} instead of ${expected.join(' or ')}: ${reply.text.slice(0, 500)}`);
    }
    if (variant.place === 'table' && /"status":"(created|valid)"/.test(reply.text)) say(`took a line: ${reply.text}`);
    if (!['path', 'query', 'body', 'table', 'search'].includes(variant.place) || caller === this.plan.guest?.caller)
      return;
    const other = await this.send(caller, variant.call(unknown, own));
    const [one, two] = [essence(reply, target), essence(other, unknown)];
    if (one !== two) say(`a record of somebody else looks different from none: ${one} against ${two}`);
  }

  /** Whether a guest may call the operation in the owner's municipality as well; then only its state is watched. */
  private isAllowed(caller: Caller, { permission, door }: Operation): boolean {
    const { guest } = this.plan;
    if (caller !== guest?.caller || door !== 'person') return false;
    return permission === undefined || guest.permissions.has(permission);
  }

  private async send(caller: Caller, call: Call): Promise<Reply> {
    const reply = await caller.call(call);
    this.numbers.count(reply);
    return reply;
  }

  private report({ name }: Operation, caller: Caller, variant: string, problem: string): void {
    this.findings.push({ operation: name, caller: caller.name, variant, problem });
  }
}

/** The time of the answer stands in some. */
const INSTANT = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/** Statuses that are right; undefined where everything is that tells nothing. */
function expectedOf(caller: Caller, { operation, place }: Variant): readonly number[] | undefined {
  const { door, permission } = operation;
  if (door !== 'public' && door !== caller.door) return [401, 403];
  if (permission !== undefined && !caller.permissions.has(permission)) return [403];
  if (place === 'path') return [403, 404];
  // What is open to everybody cannot refuse; it has to answer the same to what does not exist.
  if (place === 'body') return door === 'public' ? undefined : [403, 404, 422];
  // Each line has an answer of its own.
  if (place === 'table') return [200];
  if (place === 'query') return operation.method === 'GET' ? [200, 403, 404, 422] : [403, 404, 422];
  return undefined;
}

/** An answer without what differs from call to call. */
function essence({ status, code, json, text }: Reply, ids: Ids): string {
  const told = json ? { code, data: json['data'], detail: json['detail'], errors: json['errors'] } : text;
  const plain = Object.values(ids).reduce((known, id) => known.replaceAll(id, '…'), JSON.stringify(told));
  return `${status} ${plain.replaceAll(INSTANT, 'then')}`;
}

function sentText({ path, body }: Call): string {
  return `${decodeURIComponent(path.replaceAll('+', ' '))} ${JSON.stringify(body ?? '')}`;
}
