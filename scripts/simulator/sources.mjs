/** What the water shows where a station stands: a function per kind of metric, for the kinds that make sense there. */
import { temperatureAt } from './climate.mjs';
import { tankRange } from './scales.mjs';

/** Part of a tank's working range at which its pump starts and stops; see water-network.mjs. */
const USUAL_LEVEL = { low: 0.25, high: 0.85 };
/** Of a pump with a motor of four poles at 50 Hz, revolutions per minute. */
const PUMP_SPEED = 1_460;
/** A tank is never quite empty, cm. */
const LOWEST_LEVEL = 5;

/**
 * @typedef {object} Weather of one municipality at the present minute
 * @property {number} rain mm per minute
 * @property {number} rainSum mm since the scenario began
 * @property {number} minuteOfDay
 *
 * @typedef {Record<string, () => number>} Sources true values by kind
 */

/** @param {import('./river.mjs').River} river @param {number} place @param {Weather} weather @returns {Sources} */
export function riverSources(river, place, weather) {
  return {
    ...rainSources(weather),
    water_level_cm: () => river.levelAt(place),
    discharge_m3s: () => river.dischargeAt(place),
    turbidity_ntu: () => river.turbidityAt(place),
    temperature_c: () => temperatureAt('river', weather.minuteOfDay, weather.rain),
  };
}

/** @param {Weather} weather @returns {Sources} */
export function rainSources(weather) {
  return {
    rainfall_mm: () => weather.rainSum,
    temperature_c: () => temperatureAt('air', weather.minuteOfDay, weather.rain),
  };
}

/** @param {import('./water-network.mjs').WaterNetwork} network @param {number} place @param {Weather} weather @returns {Sources} */
export function pipeSources(network, place, weather) {
  return {
    pressure_bar: () => network.pressureAt(place),
    flow_m3h: () => network.flowAt(place),
    chlorine_mg_l: () => network.chlorineAt(place),
    turbidity_ntu: () => network.turbidity,
    temperature_c: () => temperatureAt('pipe', weather.minuteOfDay, weather.rain),
  };
}

/**
 * @param {import('./water-network.mjs').WaterNetwork} network
 * @param {import('./layout.mjs').Station} station
 * @param {Weather} weather
 * @returns {Sources}
 */
export function tankSources(network, station, weather) {
  const { low, high } = tankRange(station);
  const perPart = (high - low) / (USUAL_LEVEL.high - USUAL_LEVEL.low);
  return {
    ...pipeSources(network, 0, weather),
    water_level_cm: () => Math.max(LOWEST_LEVEL, low + perPart * (network.tankLevel - USUAL_LEVEL.low)),
    tank_level_pct: () => 100 * network.tankLevel,
  };
}

/** @param {import('./water-network.mjs').WaterNetwork} network @param {Weather} weather @returns {Sources} */
export function pumpSources(network, weather) {
  return {
    ...pipeSources(network, 0, weather),
    flow_m3h: () => network.pumpFlow,
    pressure_bar: () => network.pumpPressure,
    pump_speed_rpm: () => (network.pumpFlow > 0 ? PUMP_SPEED : 0),
  };
}
