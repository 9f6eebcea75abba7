/** Fits the water levels of a scenario to the thresholds of the sensors, so that something crosses them. */

/** Thresholds of a water level where a device brings none of its own, cm; risk grows with the level. */
const LEVELS = { medium: 250, high: 350, critical: 450 };
/** Dry weather, as a part of the lowest threshold. */
const DRY = 0.42;
/** The peak of the design storm, as a part of the way from HIGH to CRITICAL: at the first gauge and at the last. */
const FIRST_GAUGE = 0.75;
const LAST_GAUGE = 0.25;
/** Tanks work between these levels, cm: below every default threshold. */
const TANK = { low: 110, high: 225 };

/** @typedef {import('./layout.mjs').Station} Station */

/**
 * Levels of a river gauge; the wave gets flatter on its way.
 * @param {Station} station
 * @param {number} place of this gauge along the river, from 0
 * @param {number} count of gauges
 * @returns {import('./river.mjs').Gauge}
 */
export function gaugeLevels(station, place, count) {
  const { medium, high, critical } = completed(levelThresholds(station) ?? LEVELS);
  const part = FIRST_GAUGE - ((FIRST_GAUGE - LAST_GAUGE) * place) / Math.max(1, count - 1);
  return { municipality: station.municipality, baseCm: medium * DRY, designCm: high + (critical - high) * part };
}

/** Working range of a tank, cm: above its thresholds where risk grows as the level falls. @param {Station} station */
export function tankRange(station) {
  const own = levelThresholds(station);
  if (own?.direction !== 'below') return TANK;
  const { medium } = completed(own);
  return { low: medium * 1.15, high: medium * 2.4 };
}

function levelThresholds({ thresholds, metrics }) {
  return thresholds[metrics.find(({ kind }) => kind === 'water_level_cm')?.code];
}

/** Fills in the thresholds that a sensor does without. */
function completed({ medium, high, critical }) {
  const middle = high ?? (critical === undefined ? (medium ?? LEVELS.medium) * 1.4 : critical * 0.8);
  return { medium: medium ?? middle * 0.7, high: middle, critical: critical ?? middle * 1.3 };
}
