/** Prints rows of figures as an aligned table. */
export function printTable(title, rows) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const text = rows.map((row) => names.map((name) => format(row[name])));
  const widths = names.map((name, i) => Math.max(name.length, ...text.map((row) => row[i].length)));
  const line = (cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  console.log(`\n${title}\n${line(names)}\n${widths.map((width) => '-'.repeat(width)).join('  ')}`);
  for (const row of text) console.log(line(row));
}

function format(value) {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'number') return String(value);
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Math.round(value * 100) / 100);
}

/** The middle of some numbers. */
export function median(numbers) {
  return quantile(numbers, 0.5);
}

/** The value below which the share `q` of the numbers lies. */
export function quantile(numbers, q) {
  if (numbers.length === 0) return Number.NaN;
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}
