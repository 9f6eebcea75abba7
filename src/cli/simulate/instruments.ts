import { normal, randomOf } from './random.js';

/** What a simulated device stands in. */
export const PROFILES = ['river', 'rain', 'pressure', 'reservoir'] as const;
export type Profile = (typeof PROFILES)[number];

/** Sensors of a device that the simulator registers itself. */
export const PROFILE_SENSORS: Readonly<Record<Profile, readonly string[]>> = {
  river: ['water_level_cm', 'temperature_c', 'battery_level', 'signal_strength'],
  rain: ['rainfall_mm', 'temperature_c', 'battery_level'],
  pressure: ['pressure_bar', 'flow_m3h', 'battery_level'],
  reservoir: ['water_level_cm', 'flow_m3h', 'chlorine_mg_l'],
};

const HOUR = 3600;
const DAY = 24 * HOUR;
/** A storm in mm per hour at its heaviest, and its length: a short, heavy one that comes round every two hours. */
const STORM = { peakMmPerHour: 60, seconds: HOUR, every: 2 * HOUR };
const DRIZZLE_MM_PER_HOUR = 0.4;
/** A linear reservoir (Nash 1957): what falls leaves the catchment with this time constant. */
const RIVER = { low: 80, cmPerMm: 14, drainSeconds: 45 * 60 };
const PIPE = { pressureBar: 5.4, dropBar: 1.5, flowM3h: 40 };
const TANK = { low: 120, high: 380, fillSeconds: 3 * HOUR };

/**
 * The water around one device, in time-lapse. The demo's world (scripts/simulator) is plain JavaScript outside of the build and
 * laid out for the country that the demo seeds; here each device stands alone, whatever its bundle says of it.
 */
export class Surroundings {
  private readonly random: () => number;
  private rainMmPerHour = 0;
  private rainSinceReading = 0;
  private soil = 0;
  private last = 0;
  /** Where in the day and in the tank's cycle the device begins. */
  private readonly phase: number;

  constructor(
    readonly profile: Profile,
    private readonly storm: boolean,
    ...seed: readonly string[]
  ) {
    this.random = randomOf(...seed, 'water');
    this.phase = this.random();
  }

  /** Goes on to a time. @param seconds of the scenario since it began */
  advanceTo(seconds: number): void {
    const step = Math.max(0, seconds - this.last);
    this.last = seconds;
    this.rainMmPerHour = this.storm ? stormAt(seconds) : DRIZZLE_MM_PER_HOUR * this.phase;
    const fallen = (this.rainMmPerHour * step) / HOUR;
    this.rainSinceReading += fallen;
    this.soil = this.soil * Math.exp(-step / RIVER.drainSeconds) + fallen;
  }

  /** What a sensor of this type shows; undefined for a type that the model does not know. */
  read(typeCode: string): number | undefined {
    const noise = normal(this.random);
    const demand = demandAt(this.last + this.phase * HOUR);
    switch (typeCode) {
      case 'water_level_cm':
        return this.profile === 'reservoir' ? this.tankLevel() + noise : RIVER.low + RIVER.cmPerMm * this.soil + noise;
      case 'rainfall_mm': {
        const fallen = this.rainSinceReading;
        this.rainSinceReading = 0;
        return fallen;
      }
      case 'pressure_bar':
        return Math.max(0.2, PIPE.pressureBar - PIPE.dropBar * demand + 0.03 * noise);
      case 'flow_m3h':
        return Math.max(0, PIPE.flowM3h * demand + 0.5 * noise);
      case 'discharge_m3s':
        return 2 + 0.6 * this.soil;
      case 'temperature_c':
        return 12 + 4 * Math.sin((2 * Math.PI * (this.last - 9 * HOUR)) / DAY) + 0.1 * noise;
      case 'chlorine_mg_l':
        return Math.max(0.05, 0.4 + 0.02 * noise);
      case 'turbidity_ntu':
        return Math.max(0.05, 0.3 + 0.8 * this.soil + 0.05 * Math.abs(noise));
      case 'battery_level':
        return Math.max(5, 96 - (20 * this.last) / (30 * DAY) - 10 * this.phase);
      case 'signal_strength':
        return -70 - 15 * this.phase + 2 * noise;
      default:
        return undefined;
    }
  }

  private tankLevel(): number {
    const part = (this.last / TANK.fillSeconds + this.phase) % 2;
    return TANK.low + (TANK.high - TANK.low) * (part < 1 ? part : 2 - part);
  }
}

/** Rises and falls in straight lines, as the triangular hyetograph of Yen and Chow (1980). */
function stormAt(seconds: number): number {
  const part = (seconds % STORM.every) / STORM.seconds;
  if (part >= 1) return 0;
  return STORM.peakMmPerHour * (part < 0.375 ? part / 0.375 : (1 - part) / 0.625);
}

/** Use of water through the day, 0.3 at night to 1 in the morning and the evening. */
function demandAt(seconds: number): number {
  const hour = (seconds / HOUR) % 24;
  const peak = (at: number, width: number) => Math.exp(-((hour - at) ** 2) / (2 * width ** 2));
  return Math.min(1, 0.3 + 0.7 * peak(7.5, 1.5) + 0.55 * peak(19, 2));
}

/** What a device is, by the types of its sensors. */
export function profileOf(types: readonly string[]): Profile {
  if (types.includes('pressure_bar')) return 'pressure';
  if (types.includes('rainfall_mm')) return 'rain';
  return types.includes('flow_m3h') || types.includes('chlorine_mg_l') ? 'reservoir' : 'river';
}
