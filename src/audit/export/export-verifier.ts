import { exportStatement, type ChainHead } from '../canonical-form.js';
import type { Anchor } from '../chain-reader.js';
import { ChainVerifier, type Finding } from '../chain-verifier.js';
import { keyIdOf } from '../audit-keys.js';
import { signatureProblem, type PublicKeys } from '../signatures.js';
import { exportLineSchema, fromExportedRow, type ExportLine } from './export-lines.js';

/** What came out of checking an export. */
export interface ExportReport {
  readonly exportedAt: string | null;
  /** What was checked of each chain. */
  readonly chains: { readonly chain: string; readonly rows: number; readonly from: number; readonly to: number }[];
  /** Ids of the keys that signed. */
  readonly keys: readonly string[];
  /** What is wrong, the first touched row first; empty when all is as it was exported. */
  readonly findings: readonly Finding[];
}

type Line<Type extends ExportLine['type']> = Extract<ExportLine, { type: Type }>;

/** A chain that is being read. */
interface Open {
  readonly chain: string;
  readonly start: ChainHead;
  readonly anchors: Anchor[];
  verifier?: ChainVerifier;
}

const MAX_FINDINGS = 100;

/**
 * Checks an export off line, line by line: the rows against their hashes, the hashes against the signatures. Without keys
 * that were kept elsewhere it proves that the file holds together, but not who wrote it.
 */
export class ExportVerifier {
  private readonly findings: Finding[] = [];
  private readonly keys = new Map<string, string>();
  private readonly done: { chain: string; rows: number; from: number; to: number }[] = [];
  private exportedAt: string | null = null;
  private expected: readonly string[] = [];
  private open: Open | undefined;
  private complete = false;

  /** @param trusted public keys that were kept elsewhere; without them those of the file */
  constructor(private readonly trusted?: PublicKeys) {}

  /** @param lines the file without its line ends */
  async verify(lines: AsyncIterable<string>): Promise<ExportReport> {
    let number = 0;
    for await (const text of lines) {
      number++;
      const line = parse(text);
      if (line === undefined) this.find(null, `line ${number} is not one of an export`);
      else if (this.complete) this.find(null, `line ${number} stands behind the end`);
      else this.take(line, number);
    }
    if (!this.complete) this.find(null, 'the file ends too early');
    const missing = this.expected.filter((chain) => !this.done.some((found) => found.chain === chain));
    for (const chain of missing) this.find(null, 'the chain is missing in the file', chain);
    const { exportedAt, done: chains, findings } = this;
    return { exportedAt, chains, keys: [...(this.trusted ?? this.keys).keys()], findings };
  }

  private take(line: ExportLine, number: number): void {
    switch (line.type) {
      case 'export':
        if (number !== 1) return this.find(null, `line ${number} begins another export`);
        this.exportedAt = line.exportedAt;
        this.expected = line.chains;
        return;
      case 'key':
        return this.takeKey(line);
      case 'chain':
        if (this.open) this.find(null, 'the end of the chain is missing in the file', this.open.chain);
        this.open = { chain: line.chain, start: { position: line.position, hash: line.hash }, anchors: [] };
        return;
      case 'complete':
        return this.takeComplete(line);
      default:
        if (this.open?.chain !== line.chain) return this.find(null, `line ${number} belongs to no chain`, line.chain);
        return this.takeOfChain(line, this.open);
    }
  }

  private takeOfChain(line: Line<'anchor' | 'row' | 'end'>, open: Open): void {
    if (line.type === 'anchor') {
      const { type: _, ...anchor } = line;
      open.anchors.push(anchor);
      return;
    }
    open.verifier ??= new ChainVerifier(open.chain, open.start, open.anchors, this.trusted ?? this.keys);
    if (line.type === 'end') return this.takeEnd(line, open, open.verifier);
    const { position, hash, auditId, row } = line;
    open.verifier.take({ position, hash, auditId, row: row && fromExportedRow(row) });
  }

  private takeEnd(line: Line<'end'>, { chain, start }: Open, verifier: ChainVerifier): void {
    const { position, hash, keyId, signature } = line;
    verifier.end({ position, hash });
    for (const finding of verifier.findings) this.add(finding);
    const statement = exportStatement(chain, this.exportedAt ?? '', start, { position, hash });
    const problem = signatureProblem(this.trusted ?? this.keys, keyId, statement, signature);
    if (problem !== undefined)
      this.add({ chain, position, auditId: null, problem: `the end of the export: ${problem}` });
    this.done.push({ chain, rows: verifier.rows, from: start.position + 1, to: position });
    this.open = undefined;
  }

  private takeKey({ id, publicKey }: Line<'key'>): void {
    if (idOf(publicKey) === id) this.keys.set(id, publicKey);
    else this.find(null, `the key ${id} is another one`);
  }

  private takeComplete({ rows }: Line<'complete'>): void {
    this.complete = true;
    if (this.open) this.find(null, 'the end of the chain is missing in the file', this.open.chain);
    const found = this.done.reduce((sum, chain) => sum + chain.rows, 0);
    if (rows !== found) this.find(null, `there are ${found} rows in the file, but there were ${rows}`);
  }

  private find(position: number | null, problem: string, chain = ''): void {
    this.add({ chain, position, auditId: null, problem });
  }

  private add(finding: Finding): void {
    if (this.findings.length < MAX_FINDINGS) this.findings.push(finding);
  }
}

function parse(text: string): ExportLine | undefined {
  try {
    return exportLineSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function idOf(publicKey: string): string | undefined {
  try {
    return keyIdOf(publicKey);
  } catch {
    return undefined;
  }
}
