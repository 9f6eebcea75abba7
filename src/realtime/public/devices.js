import { el, setText, svg } from './dom.js';
import { ago, levelOf, metricName, riskName, UNKNOWN, unitName, valueText } from './format.js';

/** What a device says of itself, in small letters below its measurements. */
const HOUSEKEEPING = ['battery_level', 'signal_strength'];
const POINTS = 60;
const MOST_CARDS = 150;
const SPARK = { width: 88, height: 24 };

/** The cards of all devices with the values of their sensors. */
export class DeviceList {
  #list;
  #note;
  #cards = new Map();
  #sensors = new Map();
  #types = new Map();
  #search = '';
  #sortAgain = false;

  constructor(list, note) {
    this.#list = list;
    this.#note = note;
  }

  /** Makes the cards. `types`: sensor types by code; `sensors`: all sensors, also those that never delivered. */
  draw(devices, sensors, types) {
    this.#cards.clear();
    this.#sensors.clear();
    this.#types = types;
    for (const device of devices) this.#cards.set(device.deviceId, makeCard(device));
    for (const sensor of sensors) this.#addSensor(sensor);
    this.#arrange();
  }

  /** Shows a reading, unless a newer one of the sensor is shown. @returns the device's worst level when it changed */
  reading(reading) {
    const sensor = this.#sensors.get(reading.sensorId) ?? this.#addSensor({ ...reading, id: reading.sensorId });
    if (!sensor || sensor.instant > reading.instant) return undefined;
    const card = this.#cards.get(reading.deviceId);
    sensor.instant = reading.instant;
    sensor.level = reading.quality === 'bad' ? 0 : levelOf(reading.riskLevel);
    showValue(sensor, reading);
    card.heardAt = card.heardAt > reading.instant ? card.heardAt : reading.instant;
    return this.#rate(card);
  }

  /** Shows what a device said of itself, or that it changed. */
  status(deviceId, status) {
    const card = this.#cards.get(deviceId);
    if (!card) return;
    card.element.dataset.health = status;
    setText(card.health, status.replaceAll('_', ' '));
  }

  /** Number of devices that were heard within two of their intervals. */
  countOnline(now) {
    let online = 0;
    for (const { device, heardAt } of this.#cards.values()) {
      if (heardAt && now - Date.parse(heardAt) < device.heartbeatIntervalSeconds * 2000) online++;
    }
    return { online, all: this.#cards.size };
  }

  search(text) {
    this.#search = text.trim().toLowerCase();
    this.#arrange();
  }

  nameOf(deviceId) {
    return this.#cards.get(deviceId)?.device.name ?? deviceId;
  }

  /** A value as the sensor's are shown, with its unit. */
  valueText(sensorId, value) {
    const sensor = this.#sensors.get(sensorId);
    return sensor ? `${valueText(value, sensor.precision)} ${sensor.unit}` : valueText(value);
  }

  /** Brings a card into view. */
  reveal(deviceId) {
    const card = this.#cards.get(deviceId);
    if (!card) return;
    if (!card.element.isConnected) this.#list.prepend(card.element);
    card.element.scrollIntoView({ behavior: 'smooth', block: 'center' });
    card.element.focus({ preventScroll: true });
  }

  /** Once a second: times that pass, and the order when levels changed. */
  tick(now) {
    for (const { heard, heardAt, element } of this.#cards.values()) {
      if (heardAt && element.isConnected) setText(heard, ago(heardAt, now));
    }
    if (this.#sortAgain && !this.#list.matches(':focus-within, :hover')) this.#arrange();
  }

  #addSensor(sensor) {
    const card = this.#cards.get(sensor.deviceId);
    if (!card) return undefined;
    const metric = sensor.code ?? sensor.metric;
    const type = this.#types.get(sensor.typeCode ?? metric);
    const made = makeSensor(sensor, metric, type);
    (HOUSEKEEPING.includes(metric) ? card.small : card.values).append(made.element);
    card.sensors.push(made);
    this.#sensors.set(sensor.id, made);
    return made;
  }

  #rate(card) {
    const level = Math.max(UNKNOWN, ...card.sensors.map((sensor) => sensor.level));
    if (level === card.level) return undefined;
    card.level = level;
    card.element.dataset.risk = riskName(level);
    this.#sortAgain = true;
    return level;
  }

  #arrange() {
    this.#sortAgain = false;
    const found = [...this.#cards.values()].filter(({ device }) =>
      `${device.name} ${device.deviceId}`.toLowerCase().includes(this.#search),
    );
    found.sort((a, b) => b.level - a.level || a.device.name.localeCompare(b.device.name, 'en', { numeric: true }));
    this.#list.replaceChildren(...found.slice(0, MOST_CARDS).map(({ element }) => element));
    this.#note.hidden = found.length <= MOST_CARDS;
    setText(this.#note, `${found.length - MOST_CARDS} more; search to find them.`);
  }
}

function makeCard(device) {
  const heard = el('span', { class: 'heard', text: 'never heard' });
  const health = el('span', { class: 'health', text: device.health?.status?.replaceAll('_', ' ') ?? '' });
  const values = el('dl', { class: 'values' });
  const small = el('dl', { class: 'small' });
  const title = el('h3', { text: device.name });
  const about = el('p', { class: 'about' }, el('span', { text: device.deviceId }), health, heard);
  const element = el('li', { class: 'card', tabindex: -1 }, title, about, values, small);
  element.dataset.risk = riskName(UNKNOWN);
  element.dataset.health = device.health?.status ?? 'never_seen';
  return {
    device,
    element,
    heard,
    health,
    values,
    small,
    sensors: [],
    level: UNKNOWN,
    heardAt: device.health?.lastSeenAt ?? '',
  };
}

function makeSensor(sensor, metric, type) {
  const value = el('span', { class: 'value', text: '–' });
  const line = svg('polyline', { points: '' });
  const spark = svg(
    'svg',
    { class: 'spark', viewBox: `0 0 ${SPARK.width} ${SPARK.height}`, 'aria-hidden': 'true' },
    line,
  );
  const unit = unitName(sensor.unit ?? type?.unit);
  const unitText = el('span', { class: 'unit', text: unit });
  const element = el('div', {}, el('dt', { text: metricName(metric) }), el('dd', {}, spark, value, unitText));
  const precision = sensor.precision ?? type?.precision ?? 2;
  return { element, value, line, precision, unit, instant: '', level: UNKNOWN, points: [] };
}

function showValue(sensor, { value, riskLevel, quality }) {
  setText(sensor.value, valueText(value, sensor.precision));
  sensor.element.dataset.risk = riskLevel;
  sensor.element.dataset.quality = quality;
  sensor.element.title = quality === 'good' ? '' : `quality: ${quality}`;
  if (quality === 'bad') return;
  sensor.points.push(value);
  if (sensor.points.length > POINTS) sensor.points.shift();
  sensor.line.setAttribute('points', sparkline(sensor.points));
}

function sparkline(values) {
  if (values.length < 2) return '';
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const height = (value) => (high === low ? 0.5 : (value - low) / (high - low));
  return values
    .map((value, i) => {
      const x = (i / (values.length - 1)) * SPARK.width;
      const y = SPARK.height - 2 - height(value) * (SPARK.height - 4);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');
}
