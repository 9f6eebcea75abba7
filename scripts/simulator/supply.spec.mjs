import { describe, expect, it } from 'vitest';
import { demandAt, PEAK_DEMAND } from './demand.mjs';
import { randomOf } from './random.mjs';
import { Supply } from './supply.mjs';
import { temperatureAt } from './climate.mjs';
import { WaterNetwork } from './water-network.mjs';

const DAY = 24 * 60;
const POINTS = 6;
const INDEXES = Array.from({ length: POINTS }, (_, index) => index);

function networkAfter(minutes, prepare = () => undefined) {
  const network = new WaterNetwork(POINTS, randomOf('network'));
  for (let minute = 0; minute < minutes; minute++) {
    network.step(minute % DAY, 0);
    prepare(network, minute);
  }
  return network;
}

describe('the use of water', () => {
  const day = Array.from({ length: DAY }, (_, minute) => demandAt(minute));

  it('is 1 on average and goes round smoothly', () => {
    expect(day.reduce((sum, use) => sum + use, 0) / DAY).toBeCloseTo(1, 2);
    day.forEach((use, minute) => expect(Math.abs(use - demandAt((minute + 1) % DAY))).toBeLessThan(0.02));
  });

  it('peaks in the morning and in the evening, and is least at night', () => {
    const use = (hour) => demandAt(hour * 60);
    expect(Math.max(...day)).toBeCloseTo(PEAK_DEMAND, 6);
    expect(use(7)).toBeGreaterThan(use(12));
    expect(use(19)).toBeGreaterThan(use(14));
    expect(Math.min(...day)).toBe(use(3));
    expect(use(3)).toBeLessThan(0.4);
  });
});

describe('temperatures', () => {
  it('rise until the afternoon, in water less and later than in the air', () => {
    const warmest = (medium) => {
      const day = Array.from({ length: DAY }, (_, minute) => temperatureAt(medium, minute, 0));
      return { hour: day.indexOf(Math.max(...day)) / 60, range: Math.max(...day) - Math.min(...day) };
    };
    expect(warmest('air').hour).toBe(15);
    expect(warmest('river').hour).toBeGreaterThan(15);
    expect(warmest('river').range).toBeLessThan(warmest('air').range);
    expect(warmest('pipe').range).toBeLessThan(warmest('river').range);
  });

  it('fall in the rain', () => {
    expect(temperatureAt('air', 720, 1)).toBeLessThan(temperatureAt('air', 720, 0));
  });
});

describe('a water network', () => {
  it('carries less water, older and with less chlorine, the farther down the line', () => {
    const network = networkAfter(12 * 60);
    for (const index of INDEXES.slice(1)) {
      expect(network.flowAt(index)).toBeLessThan(network.flowAt(index - 1));
      expect(network.chlorineAt(index)).toBeLessThan(network.chlorineAt(index - 1));
    }
    expect(network.chlorineAt(POINTS - 1)).toBeGreaterThan(0.3);
  });

  it('has its lowest pressure at the peak of use', () => {
    const night = networkAfter(2 * DAY + 3 * 60);
    const morning = networkAfter(2 * DAY + 7 * 60);
    const drop = INDEXES.map((index) => night.pressureAt(index) - morning.pressureAt(index));
    expect(drop.at(-1)).toBeGreaterThan(drop[0]);
    expect(drop.at(-1)).toBeGreaterThan(0.3);
    expect(morning.pressureAt(POINTS - 1)).toBeGreaterThan(2.5);
  });

  it('keeps its tank within the working range', () => {
    const levels = [];
    networkAfter(5 * DAY, ({ tankLevel }) => levels.push(tankLevel));
    expect(Math.min(...levels)).toBeGreaterThan(0.1);
    expect(Math.max(...levels)).toBeLessThan(0.95);
    expect(Math.max(...levels.slice(DAY)) - Math.min(...levels.slice(DAY))).toBeGreaterThan(0.5);
  });

  it('runs its pump at times, with a higher pressure behind it', () => {
    const states = new Map();
    networkAfter(2 * DAY, ({ pumpFlow, pumpPressure }) => states.set(pumpFlow > 0, pumpPressure));
    expect(states.get(true)).toBeGreaterThan(states.get(false) + 0.5);
  });

  it('loses pressure at a burst, shows more flow above it and clouds, until it is repaired', () => {
    const place = 3;
    const sound = networkAfter(12 * 60);
    const burst = networkAfter(12 * 60, (network, minute) => minute === 11 * 60 && network.break(place));
    expect(burst.pressureAt(place)).toBeGreaterThan(1);
    expect(burst.pressureAt(place)).toBeLessThan(1.8);
    expect(burst.pressureAt(POINTS - 1)).toBeLessThan(2.5);
    expect(burst.flowAt(0)).toBeGreaterThan(1.4 * sound.flowAt(0));
    expect(burst.flowAt(place + 1)).toBeCloseTo(sound.flowAt(place + 1), 6);
    expect(burst.turbidity).toBeGreaterThan(4 * sound.turbidity);
    const repaired = networkAfter(12 * 60, (network, minute) => {
      if (minute === 10 * 60) network.break(place);
      if (minute === 11 * 60) network.repair();
    });
    expect(repaired.pressureAt(place)).toBeGreaterThan(2.5);
    expect(repaired.flowAt(0)).toBeCloseTo(sound.flowAt(0), 6);
  });

  it('settles after a burst instead of swinging', () => {
    const pressures = [];
    networkAfter(13 * 60, (network, minute) => {
      if (minute === 12 * 60) network.break(4);
      if (minute > 12 * 60 + 15) pressures.push(network.pressureAt(4));
    });
    pressures.slice(1).forEach((pressure, index) => expect(Math.abs(pressure - pressures[index])).toBeLessThan(0.03));
  });
});

describe('a supply', () => {
  function eventsOf(count, days, first) {
    const supply = new Supply(count, randomOf('supply'), first);
    return Array.from({ length: days * DAY }, (_, minute) => ({ minute, ...supply.step(minute, minute % DAY) })).filter(
      ({ event }) => event,
    );
  }

  it('has its first burst when and where it is wished for, and is repaired', () => {
    const [burst, repair] = eventsOf(POINTS, 1, { minute: 190, index: 4 });
    expect(burst).toEqual({ minute: 190, event: 'pipe burst', index: 4 });
    expect(repair).toMatchObject({ event: 'pipe repaired', index: 4 });
    expect(repair.minute - burst.minute).toBeGreaterThan(60);
  });

  it('bursts again at random, and never where nothing is measured', () => {
    const bursts = eventsOf(POINTS, 60).filter(({ event }) => event === 'pipe burst');
    expect(bursts.length).toBeGreaterThan(10);
    expect(new Set(bursts.map(({ index }) => index)).size).toBeGreaterThan(2);
    expect(eventsOf(0, 30)).toEqual([]);
  });
});
