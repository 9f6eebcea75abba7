import { riskName, UNKNOWN } from './format.js';
import { svg } from './dom.js';

const WIDTH = 1000;
const HEIGHT = 640;
const MARGIN = 70;
/** Not closer than this: a single device needs a surrounding too. Degrees of latitude. */
const SMALLEST_SPAN = 0.02;

/** Where a device stands tells its shape; a plain circle where it says nothing. */
const SHAPES = {
  rain: 'M0-11C6-3 8 0 8 4A8 8 0 0 1-8 4C-8 0-6-3 0-11Z',
  tank: 'M-9-8H9V8H-9Z',
  pump: 'M0-10L10 8H-10Z',
  pipe: 'M0-8L8 0L0 8L-8 0Z',
};
const CIRCLE = 'M-9 0A9 9 0 1 1 9 0A9 9 0 1 1-9 0Z';

/** A map without tiles: the devices by their coordinates, and the rivers and pipelines that they name. */
export class DeviceMap {
  #drawing;
  #marks = new Map();
  #choose;

  /** @param {(deviceId: string) => void} choose is told which device was picked */
  constructor(drawing, choose) {
    this.#drawing = drawing;
    this.#choose = choose;
  }

  /** Draws the devices that have a place. */
  draw(devices) {
    const placed = devices.filter(({ latitude, longitude }) => latitude !== null && longitude !== null);
    this.#marks.clear();
    const project = projection(placed);
    const points = placed.map((device) => ({ device, ...project(device) }));
    const lines = [...linesOf(points, 'river'), ...linesOf(points, 'pipeline')];
    this.#drawing.replaceChildren(...grid(), ...lines, ...points.map((point) => this.#mark(point)));
    if (placed.length === 0) {
      this.#drawing.append(
        svg('text', { x: WIDTH / 2, y: HEIGHT / 2, class: 'empty', text: 'No device has a place yet.' }),
      );
    }
  }

  /** Colours a device by its worst level, and lets it pulse while it has an open alert. */
  show(deviceId, level, alerting) {
    const mark = this.#marks.get(deviceId);
    if (!mark) return;
    mark.group.dataset.risk = riskName(level);
    mark.group.classList.toggle('alerting', alerting);
    const words = `${mark.name}, ${level === UNKNOWN ? 'no readings yet' : `risk ${riskName(level).toLowerCase()}`}${alerting ? ', open alert' : ''}`;
    mark.group.setAttribute('aria-label', words);
  }

  #mark({ device, x, y }) {
    const group = svg('g', { class: 'mark', transform: `translate(${x} ${y})`, role: 'button', tabindex: 0 });
    const left = x > WIDTH * 0.7;
    const name = svg('text', { x: left ? -16 : 16, y: 5, class: left ? 'name left' : 'name', text: device.name });
    const shape = svg('path', { d: SHAPES[device.metadata?.role] ?? CIRCLE, class: 'shape' });
    group.append(svg('circle', { r: 14, class: 'pulse' }), svg('circle', { r: 17, class: 'target' }), shape, name);
    const choose = () => this.#choose(device.deviceId);
    group.addEventListener('click', choose);
    group.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      choose();
    });
    // Names lie above all other marks.
    group.addEventListener('pointerenter', () => group.matches(':last-child') || this.#drawing.append(group));
    this.#marks.set(device.deviceId, { group, name: device.name });
    this.show(device.deviceId, UNKNOWN, false);
    return group;
  }
}

/** Equal scales north and east in the middle of the devices. */
function projection(devices) {
  const latitudes = devices.map(({ latitude }) => latitude);
  const longitudes = devices.map(({ longitude }) => longitude);
  const middle = (numbers) => (Math.min(...numbers) + Math.max(...numbers)) / 2;
  const span = (numbers) => Math.max(SMALLEST_SPAN, Math.max(...numbers) - Math.min(...numbers));
  const narrow = Math.cos((middle(latitudes) * Math.PI) / 180);
  const scale = Math.min(
    (HEIGHT - 2 * MARGIN) / span(latitudes),
    (WIDTH - 2 * MARGIN) / (span(longitudes) * Math.max(0.1, narrow)),
  );
  return ({ latitude, longitude }) => ({
    x: round(WIDTH / 2 + (longitude - middle(longitudes)) * narrow * scale),
    y: round(HEIGHT / 2 - (latitude - middle(latitudes)) * scale),
  });
}

/** One line for all devices that name the same river or pipeline, in the order that they say. */
function linesOf(points, kind) {
  const groups = Map.groupBy(
    points.filter(({ device }) => typeof device.metadata?.[kind] === 'string'),
    ({ device }) => device.metadata[kind],
  );
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => {
      const ordered = group.toSorted((a, b) => (a.device.metadata.order ?? 0) - (b.device.metadata.order ?? 0));
      return svg('path', { class: kind, d: kind === 'river' ? curve(ordered) : polyline(ordered) });
    });
}

function polyline(points) {
  return points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('');
}

/** A smooth line through the points, a little beyond both ends: a river begins and ends elsewhere. */
function curve(points) {
  const beyond = (end, next) => ({ x: end.x + (end.x - next.x) * 0.6, y: end.y + (end.y - next.y) * 0.6 });
  const all = [beyond(points[0], points[1]), ...points, beyond(points.at(-1), points.at(-2))];
  let path = `M${all[0].x} ${all[0].y}`;
  for (let i = 0; i < all.length - 1; i++) {
    const [before, from, to, after] = [all[i - 1] ?? all[i], all[i], all[i + 1], all[i + 2] ?? all[i + 1]];
    const out = { x: from.x + (to.x - before.x) / 6, y: from.y + (to.y - before.y) / 6 };
    const into = { x: to.x - (after.x - from.x) / 6, y: to.y - (after.y - from.y) / 6 };
    path += `C${round(out.x)} ${round(out.y)} ${round(into.x)} ${round(into.y)} ${to.x} ${to.y}`;
  }
  return path;
}

function* grid() {
  for (let x = 100; x < WIDTH; x += 100) yield svg('path', { class: 'grid', d: `M${x} 0V${HEIGHT}` });
  for (let y = 80; y < HEIGHT; y += 80) yield svg('path', { class: 'grid', d: `M0 ${y}H${WIDTH}` });
}

const round = (number) => Math.round(number * 10) / 10;
