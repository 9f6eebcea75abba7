/** Quality flags by their stored number. */
export const QUALITIES = ['good', 'suspect', 'bad', 'estimated', 'missing'] as const;

/** Quality of a reading. Bad and missing values never raise alerts and never enter aggregates. */
export type Quality = (typeof QUALITIES)[number];

/** Stored number of a quality flag. */
export const QUALITY_NUMBER = { good: 0, suspect: 1, bad: 2, estimated: 3, missing: 4 } as const satisfies Record<
  Quality,
  number
>;

/** Whether readings of this stored quality are judged by rules and counted in aggregates. */
export function isUsable(quality: number): boolean {
  return quality !== QUALITY_NUMBER.bad && quality !== QUALITY_NUMBER.missing;
}
