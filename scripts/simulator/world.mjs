/**
 * The scenario: weather, rivers, networks, devices and what goes wrong with them, minute by minute. Nothing here knows of
 * clocks, MQTT or files: the same layout, seed and minutes give the same values.
 */
import { castOf, failingMetric } from './cast.mjs';
import { conditionAt, Outages } from './faults.mjs';
import { randomOf } from './random.mjs';
import { River } from './river.mjs';
import { gaugeLevels } from './scales.mjs';
import { pipeSources, pumpSources, rainSources, riverSources, tankSources } from './sources.mjs';
import { SimulatedStation } from './station.mjs';
import { Supply } from './supply.mjs';
import { DESIGN_STORM, Weather } from './weather.mjs';

const DAY = 24 * 60;
/** Minutes: the first time that a device goes silent, how long, and the mean time to the next. */
const SILENCES = { first: 270, lasts: 160, gap: 20 * 60 };

/** @typedef {{ minute: number, event: string, deviceId?: string, municipality?: string, [detail: string]: unknown }} ScenarioEvent */

export class World {
  #minute = -1;
  #layout;
  #cast;
  #startOfDay;
  #silences;
  #silence = null;
  #condition = 'sound';
  #weather;
  #rivers;
  #supplies;
  #stations;
  /** @type {ScenarioEvent[]} */
  #events = [];

  /**
   * @param {import('./layout.mjs').Layout} layout
   * @param {{ seed?: string | number, startMinuteOfDay?: number }} [options] startMinuteOfDay: 0 is midnight
   */
  constructor(layout, { seed = 1, startMinuteOfDay = 6 * 60 } = {}) {
    this.#layout = layout;
    this.#cast = castOf(layout);
    this.#startOfDay = startMinuteOfDay;
    this.#silences = new Outages(randomOf(seed, 'silence'), SILENCES);
    // Named by their place in the file: ids of municipalities differ from one installation to the next.
    this.#weather = mapOf(layout.municipalities, (id, index) => {
      return new Weather(randomOf(seed, 'weather', index), {
        first: id === this.#cast.stormIn ? DESIGN_STORM : undefined,
      });
    });
    this.#rivers = mapOf(layout.rivers.keys(), (name) => {
      const stations = layout.rivers.get(name);
      return new River(stations.map((station, place) => gaugeLevels(station, place, stations.length)));
    });
    this.#supplies = mapOf(layout.networks.keys(), (name, index) => {
      const points = layout.networks.get(name).nodes.length;
      return new Supply(points, randomOf(seed, 'supply', index), this.#cast.bursts.get(name));
    });
    this.#stations = new Map(layout.stations.map((station) => [station.deviceId, this.#equip(station, seed)]));
    this.advanceTo(0);
  }

  /** The minute that the scenario is in. */
  get minute() {
    return this.#minute;
  }

  /** Goes on to a minute; back is not possible. @param {number} minute */
  advanceTo(minute) {
    while (this.#minute + 1 <= minute) this.#step(this.#minute + 1);
  }

  /** Metrics that a device hands over. @param {string} deviceId */
  codesOf(deviceId) {
    return this.#stations.get(deviceId).codes;
  }

  /** One reading of each sensor of a device now. @param {string} deviceId @returns {Record<string, number>} by metric code */
  read(deviceId) {
    return this.#stations.get(deviceId).read(this.#minute, this.#condition);
  }

  /** What a device says of itself. @param {string} deviceId @returns {{ battery_level: number, signal_strength: number }} percent and dBm */
  health(deviceId) {
    return this.#stations.get(deviceId).health(this.#minute);
  }

  /** Until which minute a device cannot be reached; null when it can. @param {string} deviceId */
  silentUntil(deviceId) {
    return deviceId === this.#cast.silent && this.#silence ? this.#silence.end : null;
  }

  /** What has happened since the last call. @returns {ScenarioEvent[]} */
  takeEvents() {
    return this.#events.splice(0);
  }

  #step(minute) {
    this.#minute = minute;
    const minuteOfDay = (this.#startOfDay + minute) % DAY;
    for (const [municipality, weather] of this.#weather) {
      const storm = weather.step(minute, minuteOfDay);
      if (storm) this.#tell('storm begins', { municipality, depthMm: storm.depthMm, minutes: storm.duration });
    }
    for (const river of this.#rivers.values()) river.step((municipality) => this.#weather.get(municipality).rain);
    for (const [network, supply] of this.#supplies) {
      const happened = supply.step(minute, minuteOfDay);
      if (happened) this.#tell(happened.event, this.#placeIn(network, happened.index));
    }
    this.#stepFaults(minute);
  }

  #stepFaults(minute) {
    const condition = conditionAt(minute);
    if (condition !== this.#condition && this.#cast.failing) {
      this.#tell('sensor fault', { deviceId: this.#cast.failing, condition });
    }
    this.#condition = condition;
    const silence = this.#silences.at(minute);
    if (silence !== this.#silence && this.#cast.silent) {
      this.#tell(silence ? 'device goes silent' : 'device is back', { deviceId: this.#cast.silent });
    }
    this.#silence = silence;
  }

  #tell(event, details) {
    this.#events.push({ minute: this.#minute, event, ...details });
  }

  #placeIn(network, index) {
    const { deviceId, municipality } = this.#layout.networks.get(network).nodes[index];
    return { deviceId, municipality };
  }

  #equip(station, seed) {
    const weather = this.#weather.get(station.municipality);
    return new SimulatedStation(station, this.#sourcesOf(station, weather), weather, {
      seed,
      failingMetric: station.deviceId === this.#cast.failing ? failingMetric(station) : undefined,
      weakBattery: station.deviceId === this.#cast.weak,
    });
  }

  #sourcesOf(station, weather) {
    const { role, line } = station;
    if (role === 'rain') return rainSources(weather);
    if (role === 'river')
      return riverSources(this.#rivers.get(line), this.#layout.rivers.get(line).indexOf(station), weather);
    const { network } = this.#supplies.get(line);
    if (role === 'tank') return tankSources(network, station, weather);
    if (role === 'pump') return pumpSources(network, weather);
    return pipeSources(network, this.#layout.networks.get(line).nodes.indexOf(station), weather);
  }
}

function mapOf(keys, valueOf) {
  return new Map([...keys].map((key, index) => [key, valueOf(key, index)]));
}
