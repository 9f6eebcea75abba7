/** A river with gauges along it: rain runs off into it, and the wave travels from gauge to gauge. */
import { Cascade } from './cascade.mjs';
import { DESIGN_STORM, intensityOf } from './weather.mjs';

/** Part of the rain that runs off, and of this the part that comes through the ground instead of over it. */
const RUNOFF = 0.45;
const THROUGH_GROUND = 0.15;
/** Small steep catchments answer within half an hour, their ground water within half a day. */
const SURFACE = { count: 3, minutes: 9 };
const GROUND = { count: 1, minutes: 600 };
/** From one gauge to the next: 20 min, about 2.5 km at 2 m/s. */
const REACH = { count: 4, minutes: 5 };
/** Area that drains into the river between two gauges, as a part of the area above the first one. */
const LATERAL_AREA = 0.35;
/** Flow in dry weather as a part of the flow in the design storm. */
const BASE_FLOW = 0.12;
/** Depth grows with flow to the power 3/5 in a wide channel (Manning). */
const RATING = 0.6;
/** Flow in the design storm, m³/s. */
const DESIGN_FLOW = 45;
/** Minutes after which the wave of the design storm is over. */
const DESIGN_SPAN = 24 * 60;
/**
 * Turbidity in NTU: grows with flow by a power (Asselman 2000, J. Hydrology 234, 228–248), and is higher while the water
 * rises, as the first flush takes what lies about.
 */
const TURBIDITY = { clear: 4, storm: 150, power: 1.3, rising: 60 };

/** @typedef {{ municipality: string, baseCm: number, designCm: number }} Gauge levels in dry weather and at the peak of the design storm */

export class River {
  #gauges;
  #points;
  #designFlow;

  /** @param {Gauge[]} gauges in the order in which the water passes them */
  constructor(gauges) {
    this.#gauges = gauges;
    this.#designFlow = designPeaks(gauges);
    this.#points = pointsOf(gauges);
  }

  /** Lets one minute pass. @param {(municipality: string) => number} rainOf mm per minute */
  step(rainOf) {
    flowThrough(this.#points, rainOf);
  }

  /** Flow of the storm as a part of that of the design storm at this gauge: 0 in dry weather. */
  loadAt(index) {
    return this.#points[index].flow / this.#designFlow[index];
  }

  /** NTU. */
  turbidityAt(index) {
    const { flow, before } = this.#points[index];
    const rise = Math.max(0, flow - before) / this.#designFlow[index];
    return TURBIDITY.clear + TURBIDITY.storm * this.loadAt(index) ** TURBIDITY.power * (1 + TURBIDITY.rising * rise);
  }

  /** Water level, cm. */
  levelAt(index) {
    const { baseCm, designCm } = this.#gauges[index];
    const depth = (load) => (BASE_FLOW + load) ** RATING;
    return baseCm + ((designCm - baseCm) * (depth(this.loadAt(index)) - depth(0))) / (depth(1) - depth(0));
  }

  /** Discharge, m³/s. */
  dischargeAt(index) {
    return DESIGN_FLOW * (BASE_FLOW + this.loadAt(index));
  }
}

function pointsOf(gauges) {
  return gauges.map(({ municipality }, index) => ({
    municipality,
    area: index === 0 ? 1 : LATERAL_AREA,
    surface: new Cascade(SURFACE.count, SURFACE.minutes),
    ground: new Cascade(GROUND.count, GROUND.minutes),
    reach: new Cascade(REACH.count, REACH.minutes),
    flow: 0,
    before: 0,
  }));
}

function flowThrough(points, rainOf) {
  let fromAbove = 0;
  points.forEach((point, index) => {
    const runoff = RUNOFF * point.area * rainOf(point.municipality);
    const local = point.surface.step(runoff * (1 - THROUGH_GROUND)) + point.ground.step(runoff * THROUGH_GROUND);
    point.before = point.flow;
    point.flow = (index === 0 ? 0 : point.reach.step(fromAbove)) + local;
    fromAbove = point.flow;
  });
}

/** Highest flow at each gauge when the design storm falls everywhere along the river. */
function designPeaks(gauges) {
  const points = pointsOf(gauges);
  const peaks = gauges.map(() => 0);
  for (let minute = 0; minute < DESIGN_SPAN; minute++) {
    flowThrough(points, () => intensityOf(DESIGN_STORM, minute));
    points.forEach(({ flow }, index) => (peaks[index] = Math.max(peaks[index], flow)));
  }
  return peaks;
}
