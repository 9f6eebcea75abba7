import { NATIONAL, type Rows } from './tenant-state.js';

/** Base64 holds any four letters sooner or later. */
const PEM = /-----BEGIN [A-Z0-9 ]+-----[\s\S]*?-----END [A-Z0-9 ]+-----/g;

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** What belongs to a tenant and must not be seen by another: a word that stands in all of its texts, and its ids. */
export class Secrets {
  private constructor(
    private readonly word: string,
    private readonly ids: ReadonlySet<string>,
  ) {}

  /** The keys of the tenant's rows, without those of people who belong to others too (`known`). */
  static of(word: string, rows: Rows, known: readonly string[]): Secrets {
    const keys = [...rows].flatMap(([table, byKey]) => (NATIONAL.has(table) ? [] : [...byKey.keys()]));
    const ids = keys.flatMap((key) => key.split('/')).flatMap((key) => key.match(UUID) ?? []);
    const shared = new Set(known);
    return new Secrets(word, new Set(ids.filter((id) => !shared.has(id))));
  }

  get count(): number {
    return this.ids.size;
  }

  /** What of the tenant's stands in a text; what the caller sent itself (`sent`) does not count. */
  foundIn(text: string, sent: string): string[] {
    const ids = (text.match(UUID) ?? []).filter((id) => this.ids.has(id.toLowerCase()) && !sent.includes(id));
    const words = text.replaceAll(PEM, '').match(new RegExp(`[\\w@.-]*${this.word}[\\w@.-]*`, 'gi')) ?? [];
    return [...new Set([...ids, ...words.filter((word) => !sent.includes(word))])];
  }
}
