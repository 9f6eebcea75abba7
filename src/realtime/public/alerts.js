import { el, setText } from './dom.js';
import { ago, clockTime, levelOf, metricName } from './format.js';

const OPEN = ['ACTIVE', 'ACKNOWLEDGED'];

/** The open alerts, the worst and newest first. */
export class AlertList {
  #list;
  #empty;
  #news;
  #alerts = new Map();
  /** Alerts that an event told of: what was loaded before is older. */
  #told = new Set();
  #devices;
  #acknowledge;

  /**
   * @param {{ list: HTMLElement, empty: HTMLElement, news: HTMLElement }} places `news` is read out by screen readers
   * @param {import('./devices.js').DeviceList} devices names devices and values
   * @param {((alert: object) => Promise<object>) | null} acknowledge null where the person may not
   */
  constructor({ list, empty, news }, devices, acknowledge) {
    this.#list = list;
    this.#empty = empty;
    this.#news = news;
    this.#devices = devices;
    this.#acknowledge = acknowledge;
  }

  /** The open alerts as they were loaded. */
  load(alerts) {
    for (const id of [...this.#alerts.keys()]) if (!this.#told.has(id)) this.#alerts.delete(id);
    for (const alert of alerts) if (!this.#told.has(alert.id)) this.#keep(alert);
    // Those that came first did not know the names of their devices yet.
    for (const id of this.#told) if (this.#alerts.has(id)) this.#keep(this.#alerts.get(id).alert);
    this.#told.clear();
    this.#draw();
  }

  /** An alert that changed. */
  change(alert) {
    this.#told.add(alert.id);
    const isNew = alert.status === 'ACTIVE' && !this.#alerts.has(alert.id);
    this.#keep(alert);
    this.#draw();
    if (isNew) setText(this.#news, `${alert.severity} alert: ${alert.title}, ${this.#devices.nameOf(alert.deviceId)}`);
  }

  forget() {
    this.#alerts.clear();
    this.#told.clear();
    this.#draw();
  }

  get all() {
    return [...this.#alerts.values()].map(({ alert }) => alert);
  }

  hasAlert(deviceId) {
    return this.all.some((alert) => alert.deviceId === deviceId);
  }

  tick(now) {
    for (const { alert, time } of this.#alerts.values()) setText(time, times(alert, now));
  }

  #keep(alert) {
    if (OPEN.includes(alert.status)) this.#alerts.set(alert.id, { alert, ...this.#item(alert) });
    else this.#alerts.delete(alert.id);
  }

  #draw() {
    const sorted = [...this.#alerts.values()].sort(
      (a, b) =>
        Number(a.alert.status === 'ACKNOWLEDGED') - Number(b.alert.status === 'ACKNOWLEDGED') ||
        levelOf(b.alert.severity) - levelOf(a.alert.severity) ||
        b.alert.openedAt.localeCompare(a.alert.openedAt),
    );
    // Leaves what has the focus alone where the order did not change.
    sorted.forEach(({ element }, i) => {
      if (this.#list.children[i] !== element) this.#list.insertBefore(element, this.#list.children[i] ?? null);
    });
    while (this.#list.children.length > sorted.length) this.#list.lastChild.remove();
    this.#empty.hidden = sorted.length > 0;
  }

  #item(alert) {
    const time = el('span', { class: 'time', text: times(alert, Date.now()) });
    const detail = el('p', { class: 'detail', text: this.#subject(alert) });
    const problem = el('p', { class: 'problem', role: 'alert' });
    const element = el(
      'li',
      { class: 'alert' },
      el(
        'p',
        { class: 'head' },
        el('strong', { class: 'badge', text: alert.severity }),
        el('span', { text: alert.title }),
      ),
      detail,
      el('p', { class: 'foot' }, time),
      problem,
    );
    element.dataset.severity = alert.severity;
    element.dataset.status = alert.status;
    if (alert.status === 'ACKNOWLEDGED')
      element.querySelector('.foot').append(el('span', { class: 'seen', text: 'acknowledged' }));
    else if (this.#acknowledge) element.querySelector('.foot').append(this.#button(alert, problem));
    return { element, time };
  }

  /** The device, and what was measured last; an alert about the device itself has no value. */
  #subject(alert) {
    const name = this.#devices.nameOf(alert.deviceId);
    if (alert.metric === null) return name;
    return `${name} · ${metricName(alert.metric)} ${this.#devices.valueText(alert.sensorId, alert.lastValue)}`;
  }

  #button(alert, problem) {
    const button = el('button', { type: 'button', text: 'Acknowledge' });
    button.setAttribute('aria-label', `Acknowledge ${alert.title}, ${this.#devices.nameOf(alert.deviceId)}`);
    button.addEventListener('click', async () => {
      button.disabled = true;
      try {
        this.change(await this.#acknowledge(alert));
      } catch (error) {
        button.disabled = false;
        setText(problem, error.message);
      }
    });
    return button;
  }
}

function times({ openedAt, occurrences }, now) {
  return `since ${clockTime(openedAt)} (${ago(openedAt, now)}), ${occurrences}×`;
}
