import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** A piece of raw SQL in the source, or a query builder that is asked for. */
export interface RawStatement {
  /** `alerts/rule-states.ts › read`. */
  readonly place: string;
  readonly sql: string;
  /** Tables of tenants that it touches. */
  readonly tables: readonly string[];
  /** Whether it says for which municipality, or for which person, it is. */
  readonly statesTenant: boolean;
}

/** A whole statement, or a piece that reads a table of its own. */
const STATEMENT = /\b(select\b[\s\S]*\bfrom|insert\s+(ignore\s+)?into|update\s+\S+\s+set|delete\s+from|truncate)\b/i;

/** A condition that names the tenant, or a fragment that carries one. */
const TENANT =
  /\b(municipality_id|recipient_id|chain)( = \?| in (\(|\$\{|unnest)| is null| \$\{)|\$\{(tenant|scope|visible|own)(\.sql)?\}/;

/** A row that says whose it is. */
const OWNED_ROW = /insert into \S+ (as \w+ )?\([^)]*\b(municipality_id|chain|user_id)\b/;

/** Keyed by the person whose own record it is. */
const PERSON = /\b(user_id|owner_id) = \?/;

const BUILDERS: ReadonlySet<string> = new Set(['createQueryBuilder', 'qb', 'getKysely', 'getKnex']);

/** Every raw statement below a folder that touches one of the tables; tests and migrations aside. */
export function rawStatements(root: string, tables: readonly string[]): RawStatement[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.includes('migrations'))
    .sort()
    .flatMap((file) => statementsIn(file, readFileSync(join(root, file), 'utf8'), tables));
}

/** Those of one file. */
export function statementsIn(file: string, text: string, tables: readonly string[]): RawStatement[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: RawStatement[] = [];
  const visit = (node: ts.Node): void => {
    const sql = sqlOf(node, source);
    if (sql !== undefined) {
      const touched = tables.filter((table) => new RegExp(`\\b${table}\\b`).test(sql));
      const dynamic = /\b(from|into|update)\s+\$\{/i.test(sql);
      if (touched.length > 0 || dynamic || BUILDERS.has(sql)) {
        const statesTenant = [TENANT, OWNED_ROW, PERSON].some((pattern) => pattern.test(sql));
        found.push({ place: `${file} › ${nameOf(node)}`, sql, tables: touched, statesTenant });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function sqlOf(node: ts.Node, source: ts.SourceFile): string | undefined {
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const called = node.expression.name.text;
    return BUILDERS.has(called) ? called : undefined;
  }
  if (!ts.isStringLiteral(node) && !ts.isNoSubstitutionTemplateLiteral(node) && !ts.isTemplateExpression(node)) {
    return undefined;
  }
  const text = node.getText(source).replaceAll(/\s+/g, ' ');
  return STATEMENT.test(text) ? text : undefined;
}

/** The method, function or constant that the node stands in. */
function nameOf(node: ts.Node): string {
  for (let parent = node.parent; !ts.isSourceFile(parent); parent = parent.parent) {
    const named = ts.isMethodDeclaration(parent) || ts.isFunctionDeclaration(parent);
    const constant = ts.isVariableDeclaration(parent) && ts.isSourceFile(parent.parent.parent.parent);
    if (named || constant) return (parent as ts.NamedDeclaration).name?.getText() ?? '';
  }
  return 'module';
}
