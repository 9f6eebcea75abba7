/** An entry of a stream: its position and its fields by name. */
export interface StreamEntry {
  readonly position: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** Reads the client's form of entries: id `<position>-<n>`, and names and values alternating. */
export function entriesOf(raw: readonly [id: string, fields: string[]][]): StreamEntry[] {
  return raw.map(([id, list]) => {
    const fields: Record<string, string> = {};
    for (let i = 0; i + 1 < list.length; i += 2) fields[list[i]!] = list[i + 1]!;
    return { position: Number(id.slice(0, id.indexOf('-'))), fields };
  });
}
