/** Digits that survive a calculation; instruments have six, and a double fifteen of which the last ones are noise. */
const DIGITS = 12;

/** Rounds what a calculation made of a value to 12 significant digits: 0.1 × 3 is 0.3 then, as its maker would say. */
export function tidy(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : value;
}
