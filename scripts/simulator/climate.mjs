/** Temperatures through the day. A sine around the mean, as daily courses are usually sketched (Parton and Logan 1981). */

const DAY = 24 * 60;
/** Mean and half the daily swing in °C, and the warmest hour; the more water, the later and the flatter. */
const COURSES = {
  air: { mean: 15, swing: 6.5, warmest: 15 },
  river: { mean: 12.5, swing: 1.4, warmest: 18 },
  pipe: { mean: 11.5, swing: 0.4, warmest: 20 },
};
/** Rain cools the air: °C at 1 mm per minute. */
const COOLING = 3;

/**
 * Temperature in °C.
 * @param {keyof typeof COURSES} medium
 * @param {number} minuteOfDay
 * @param {number} rain mm per minute
 */
export function temperatureAt(medium, minuteOfDay, rain) {
  const { mean, swing, warmest } = COURSES[medium];
  const wave = Math.cos((2 * Math.PI * (minuteOfDay - warmest * 60)) / DAY);
  return mean + swing * wave - (medium === 'air' ? COOLING * rain : 0);
}
