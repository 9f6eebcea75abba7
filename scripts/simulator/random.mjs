/** Random numbers that repeat: the same seed and name give the same sequence on every machine. */

/**
 * A generator of numbers from 0 to below 1 (mulberry32, seeded by an FNV-1a hash of the parts).
 * @param {...(string | number)} parts what the sequence is for, the seed first
 * @returns {() => number}
 */
export function randomOf(...parts) {
  let state = hashOf(parts.join('\0'));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function hashOf(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Evenly spread from `low` to `high`. @param {() => number} random @param {number} low @param {number} high */
export function between(random, low, high) {
  return low + (high - low) * random();
}

/** Time to the next of events that come independently of each other. @param {() => number} random @param {number} mean */
export function exponential(random, mean) {
  return -mean * Math.log(1 - random());
}

/** Normal, mean 0 and deviation 1 (Box and Muller). @param {() => number} random */
export function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
