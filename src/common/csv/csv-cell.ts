/** What a cell may hold. Dates become RFC 3339 UTC; null and undefined an empty cell. */
export type CsvValue = string | number | bigint | boolean | Date | null | undefined;

/**
 * What spreadsheet programs take for a formula: text that starts with = + - @ (also their full-width forms), whatever
 * blanks, quotes, invisible or control characters stand before it; and text that starts with a tab or a line break,
 * which may move the rest to a cell of its own.
 */
const FORMULA = /^(?:[\s"'`\p{C}]*[=+\-@＝＋－＠]|[\t\r\n])/u;
/** A plain decimal number calculates nothing. */
const NUMBER = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * The text of a cell, harmless when a spreadsheet program opens it: a single quote is put before what it would calculate
 * (OWASP, "CSV injection"). Numbers stay numbers.
 */
export function csvText(value: CsvValue): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'string') return String(value);
  return FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value;
}
