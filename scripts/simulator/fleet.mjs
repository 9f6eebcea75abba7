/** Lets all simulated devices take and hand over readings, in the rhythm of the wall clock. */
import { DeviceClient } from './device-client.mjs';

/** How often it is looked who is due, ms. */
const TICK = 100;
/** Devices that connect within one tick at most: the platform checks the password of each. */
const CONNECTS_PER_TICK = 4;
const GOODBYE_TIMEOUT = 3_000;

/** @typedef {{ deviceId: string, mqtt: { username?: string, password?: string }, heartbeatSeconds: number }} FleetDevice */

export class Fleet {
  #world;
  #clock;
  #intervalMs;
  #mostReadings;
  #members;
  #toConnect;
  #timer;
  #onEvent;

  /**
   * @param {FleetDevice[]} devices
   * @param {object} settings
   * @param {import('./world.mjs').World} settings.world
   * @param {import('./clock.mjs').ScenarioClock} settings.clock
   * @param {string} settings.url of the broker
   * @param {number} settings.intervalMs between two readings of a device
   * @param {number} [settings.mostReadings] of each device; no end unless given
   * @param {(event: import('./world.mjs').ScenarioEvent) => void} settings.onEvent
   */
  constructor(devices, { world, clock, url, intervalMs, mostReadings = Infinity, onEvent }) {
    this.#world = world;
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#mostReadings = mostReadings;
    this.#onEvent = onEvent;
    this.#members = devices.map(({ deviceId, mqtt, heartbeatSeconds }) => ({
      deviceId,
      client: new DeviceClient({ deviceId, url, ...mqtt, health: () => world.health(deviceId) }),
      taken: 0,
      readingDue: 0,
      heartbeatMs: heartbeatSeconds * 1_000,
      heartbeatDue: 0,
      silent: false,
    }));
  }

  start() {
    const now = performance.now();
    this.#members.forEach((member, index) => {
      // Devices take turns instead of all speaking at once.
      const turn = index / this.#members.length;
      member.readingDue = now + turn * this.#intervalMs;
      member.heartbeatDue = now + (1 + turn) * member.heartbeatMs;
    });
    this.#toConnect = [...this.#members];
    this.#timer = setInterval(() => this.#tick(performance.now()), TICK);
  }

  /** Whether each device has taken all its readings and the broker has all of them. */
  get finished() {
    return this.#members.every(({ taken, client }) => taken >= this.#mostReadings && client.backlog.size === 0);
  }

  /** Counts for the log. */
  get summary() {
    const sum = (count) => this.#members.reduce((total, member) => total + count(member), 0);
    return {
      devices: this.#members.length,
      connected: sum(({ client }) => Number(client.connected)),
      delivered: sum(({ client }) => client.delivered),
      waiting: sum(({ client }) => client.backlog.size),
      dropped: sum(({ client }) => client.backlog.dropped),
    };
  }

  /** What a device that is not connected says is wrong, if any does. @returns {{ deviceId: string, error: string } | null} */
  get trouble() {
    const member = this.#members.find(({ client, silent }) => !client.connected && !silent && client.lastError);
    return member ? { deviceId: member.deviceId, error: member.client.lastError } : null;
  }

  /** Takes no more readings; every device says goodbye. */
  async stop() {
    clearInterval(this.#timer);
    await Promise.all(this.#members.map(({ client }) => client.close(GOODBYE_TIMEOUT)));
  }

  #tick(now) {
    for (const { client } of this.#toConnect.splice(0, CONNECTS_PER_TICK)) client.connect();
    this.#world.advanceTo(this.#clock.minute);
    for (const event of this.#world.takeEvents()) this.#happen(event);
    for (const member of this.#members) {
      this.#followSilence(member);
      if (now >= member.readingDue && member.taken < this.#mostReadings) this.#takeReading(member, now);
      if (now >= member.heartbeatDue) {
        member.heartbeatDue = now + member.heartbeatMs;
        member.client.heartbeat();
      }
    }
  }

  #takeReading(member, now) {
    member.taken += 1;
    // After a pause of the whole process readings go on from now; they are not made up.
    member.readingDue = Math.max(member.readingDue + this.#intervalMs, now);
    member.client.record(new Date(), this.#world.read(member.deviceId));
  }

  #followSilence(member) {
    const until = this.#world.silentUntil(member.deviceId);
    if (until !== null && !member.silent) member.client.cutOff(this.#clock.wait(until - this.#world.minute));
    member.silent = until !== null;
  }

  /** A device that notices that its sensor does not answer says so. */
  #happen(event) {
    this.#onEvent(event);
    if (event.event !== 'sensor fault') return;
    const client = this.#members.find(({ deviceId }) => deviceId === event.deviceId)?.client;
    if (event.condition === 'out of range') client?.reportStatus('fault', 'A sensor does not answer.');
    else client?.reportStatus('online');
  }
}
