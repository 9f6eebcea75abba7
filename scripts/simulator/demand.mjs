/** How much water a town uses through the day. */

/**
 * Use in each hour from midnight, relative to the mean of the day. The two peaks of a residential area and its quiet
 * night, with the sizes usual in design (peak hour 1.5 to 2 times the mean, night 0.3 to 0.4: Fair, Geyer and Okun,
 * Water and Wastewater Engineering, ch. 7; hours as measured by Roberts 2005, Residential End Use Measurement Study).
 */
const HOURS = [
  0.45, 0.38, 0.34, 0.33, 0.4, 0.65, 1.15, 1.62, 1.55, 1.3, 1.12, 1.05, 1.08, 1.02, 0.95, 0.96, 1.05, 1.22, 1.42, 1.48,
  1.3, 1.05, 0.8, 0.6,
];
const MEAN = HOURS.reduce((sum, hour) => sum + hour, 0) / HOURS.length;

/** Highest use of the day, relative to its mean. */
export const PEAK_DEMAND = Math.max(...HOURS) / MEAN;

/** Use at a minute of the day, relative to the mean; changes smoothly. @param {number} minuteOfDay 0 is midnight */
export function demandAt(minuteOfDay) {
  const hour = minuteOfDay / 60;
  const index = Math.floor(hour) % 24;
  const part = (1 - Math.cos(Math.PI * (hour - Math.floor(hour)))) / 2;
  return (HOURS[index] * (1 - part) + HOURS[(index + 1) % 24] * part) / MEAN;
}
