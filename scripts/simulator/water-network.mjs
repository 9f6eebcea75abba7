/**
 * A pipeline with measuring points along it, fed from a tank that a pump fills. Pressure falls along the way by
 * Hazen-Williams (head loss grows with flow to the power 1.852), and a burst lets out water by the orifice law (flow
 * grows with the root of the pressure); both as in the EPANET 2.2 manual (Rossman et al. 2020, ch. 3).
 */
import { demandAt, PEAK_DEMAND } from './demand.mjs';
import { between } from './random.mjs';

const METRES_PER_BAR = 10.2;
const LOSS_EXPONENT = 1.852;
/** Head at the tank's outlet when it is half full, and loss along the whole line at the peak of the day, in metres. */
const SOURCE_HEAD = 56;
const PEAK_LOSS = 11;
/** Water level in the tank, as a part of its working range, at which the pump starts and stops. */
const PUMP_STARTS = 0.25;
const PUMP_STOPS = 0.85;
/** Metres between empty and full. */
const TANK_DEPTH = 4;
/** Hours of mean use that the working range holds. */
const TANK_HOURS = 7;
const PUMP_CAPACITY = 1.7;
/** Pressure at the place of a burst once it has opened, bar; near the tank less is lost, as the leak has its limit too. */
const BURST_PRESSURE = 1.35;
/** Largest leak, as a part of the mean flow into the line. */
const LARGEST_LEAK = 2;
/** Minutes in which it opens. */
const BURST_OPENS = 3;
/** Water stays in the line about this long at mean use, hours; its chlorine decays by first order (Rossman, Clark and Grayman 1994). */
const TRAVEL_HOURS = 9;
const CHLORINE = { dosed: 0.85, decayPerHour: 0.035 };
/** A burst stirs up what lies in the pipe; it settles within hours. */
const TURBIDITY = { clear: 0.25, stirred: 5, settleMinutes: 70 };

export class WaterNetwork {
  #nodes;
  #meanFlow;
  #level = 0.7;
  #pumping = false;
  #burst = null;
  #stirred = 0;
  #flows = [];
  #pressures = [];
  #ages = [];

  /** @param {number} count of measuring points @param {() => number} random */
  constructor(count, random) {
    this.#nodes = Array.from({ length: Math.max(1, count) }, () => ({
      demand: between(random, 21, 29),
      elevation: between(random, -5, 6),
    }));
    this.#meanFlow = this.#nodes.reduce((sum, { demand }) => sum + demand, 0);
    const last = this.#nodes.length;
    this.#nodes.forEach((node, index) => {
      const mean = this.#nodes.slice(index).reduce((sum, { demand }) => sum + demand, 0);
      node.mean = mean;
      node.resistance = PEAK_LOSS / last / (mean * PEAK_DEMAND) ** LOSS_EXPONENT;
      this.#ages[index] = (TRAVEL_HOURS * (index + 1)) / last;
    });
  }

  /** Opens a burst at a measuring point. */
  break(index) {
    const pressure = this.#pressures[index];
    const leak = this.#leakFor(index, (pressure - BURST_PRESSURE) * METRES_PER_BAR);
    const left = pressure - this.#lossOf(index, leak) / METRES_PER_BAR;
    this.#burst = { index, size: leak / Math.sqrt(left), opened: 0, pressure };
    this.#stirred = TURBIDITY.stirred;
  }

  repair() {
    this.#burst = null;
  }

  /** Lets one minute pass. @param {number} minuteOfDay @param {number} noise around 0, of the use */
  step(minuteOfDay, noise) {
    const multiplier = demandAt(minuteOfDay) * (1 + noise);
    const leak = this.#leak();
    this.#flows = this.#nodes.map(({ mean }, index) => mean * multiplier + (index <= leak.index ? leak.flow : 0));
    let head = SOURCE_HEAD + (this.#level - 0.5) * TANK_DEPTH;
    this.#pressures = this.#nodes.map(({ resistance, elevation }, index) => {
      head -= resistance * this.#flows[index] ** LOSS_EXPONENT;
      return Math.max(0, (head - elevation) / METRES_PER_BAR);
    });
    this.#fillTank(this.#flows[0]);
    this.#ageWater();
    this.#stirred *= Math.exp(-1 / TURBIDITY.settleMinutes);
  }

  /** Flow through a measuring point, m³/h. */
  flowAt(index) {
    return this.#flows[index];
  }

  /** Bar. */
  pressureAt(index) {
    return this.#pressures[index];
  }

  /** Free chlorine, mg/l. */
  chlorineAt(index) {
    return CHLORINE.dosed * Math.exp(-CHLORINE.decayPerHour * this.#ages[index]);
  }

  /** NTU. */
  get turbidity() {
    return TURBIDITY.clear + this.#stirred;
  }

  /** Water level of the tank, as a part of its working range. */
  get tankLevel() {
    return this.#level;
  }

  /** Flow through the pump, m³/h. */
  get pumpFlow() {
    return this.#pumping ? this.#meanFlow * PUMP_CAPACITY : 0;
  }

  /** Pressure behind the pump, bar. */
  get pumpPressure() {
    return (SOURCE_HEAD + this.#level * TANK_DEPTH + (this.#pumping ? 14 : 0)) / METRES_PER_BAR;
  }

  #leak() {
    const burst = this.#burst;
    if (!burst) return { index: -1, flow: 0 };
    burst.opened = Math.min(1, burst.opened + 1 / BURST_OPENS);
    // The leak lowers the pressure and the pressure the leak: going half way each minute they meet instead of swinging.
    burst.pressure = (burst.pressure + this.#pressures[burst.index]) / 2;
    return { index: burst.index, flow: burst.size * burst.opened * Math.sqrt(burst.pressure) };
  }

  /** The leak at a point that costs so many metres of head there (or the largest), by halving. */
  #leakFor(index, metres) {
    let [low, high] = [0, this.#meanFlow * LARGEST_LEAK];
    for (let i = 0; i < 40; i++) {
      const middle = (low + high) / 2;
      if (this.#lossOf(index, middle) < metres) low = middle;
      else high = middle;
    }
    return low;
  }

  #lossOf(index, leak) {
    return this.#nodes.slice(0, index + 1).reduce((sum, { resistance }, at) => {
      return sum + resistance * ((this.#flows[at] + leak) ** LOSS_EXPONENT - this.#flows[at] ** LOSS_EXPONENT);
    }, 0);
  }

  #fillTank(outflow) {
    if (this.#level < PUMP_STARTS) this.#pumping = true;
    if (this.#level > PUMP_STOPS) this.#pumping = false;
    const change = (this.pumpFlow - outflow) / 60 / (this.#meanFlow * TANK_HOURS);
    this.#level = Math.min(1, Math.max(0.02, this.#level + change));
  }

  /** The water at a point is as old as its way was slow; it takes its time to be replaced. */
  #ageWater() {
    const share = TRAVEL_HOURS / this.#nodes.length;
    let age = 0;
    this.#nodes.forEach(({ mean }, index) => {
      age += share * Math.min(3, mean / this.#flows[index]);
      this.#ages[index] += (age - this.#ages[index]) / 90;
    });
  }
}
