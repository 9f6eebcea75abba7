/**
 * One device on the broker (MQTT 3.1.1, which every broker speaks): its last will, its status, its readings. A reading
 * stays in the backlog until the broker has acknowledged it, so it outlives a broker or platform that is away, and
 * keeps its own time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { Backlog } from './backlog.mjs';

/** Pauses between attempts to connect, ms: doubled each time, and up to a quarter longer by chance. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
const CONNECT_TIMEOUT = 10_000;
/** Seconds between signs of life on an idle connection. */
const KEEPALIVE = 30;
/** Readings that a device keeps while nobody takes them: nearly three hours at one in 5 s. */
const BACKLOG = 2_000;
/** Readings in one message at most; with ten sensors each a fifth of the values that the platform takes. */
const READINGS_PER_MESSAGE = 100;
const FIRMWARE = 'simulator-1';

export class DeviceClient {
  /** Readings that the broker has acknowledged. */
  delivered = 0;
  /** @type {string | null} what went wrong last */
  lastError = null;
  backlog = new Backlog(BACKLOG);
  #deviceId;
  #client;
  #health;
  #pause = FIRST_PAUSE;
  #silentUntil = 0;
  #statusUnderWay = false;
  #sequence = 0;

  /**
   * @param {{ deviceId: string, url: string, username?: string, password?: string, health: () => object }} settings
   *   health: what the device says of itself in status and heartbeat
   */
  constructor({ deviceId, url, username, password, health }) {
    this.#deviceId = deviceId;
    this.#health = health;
    this.#client = mqtt.connect(url, {
      clientId: deviceId,
      username,
      password,
      protocolVersion: 4,
      keepalive: KEEPALIVE,
      connectTimeout: CONNECT_TIMEOUT,
      reconnectOnConnackError: true,
      will: {
        topic: `sensors/${deviceId}/status`,
        payload: Buffer.from('{"status":"offline"}'),
        qos: 1,
        retain: false,
      },
      writeCache: false, // a table of some MB that pays only where thousands of messages a second go out
      manualConnect: true,
    });
    this.#setPause(FIRST_PAUSE);
    this.#client.on('connect', () => this.#onConnect());
    this.#client.on('reconnect', () => this.#setPause(this.#pause * 2));
    this.#client.on('error', (error) => (this.lastError = error.message || error.code));
    this.#client.prependListener('close', () => this.#staySilent());
  }

  get connected() {
    return this.#client.connected;
  }

  connect() {
    this.#client.connect();
  }

  /** Keeps a reading, and sends it as soon as it can. @param {Date} time @param {Record<string, number>} values by metric code */
  record(time, values) {
    this.#sequence += 1;
    this.backlog.add(JSON.stringify({ timestamp: time.toISOString(), seq: this.#sequence, values }));
    this.#send();
  }

  /** @param {'online' | 'fault' | 'offline'} status @param {string} [message] for people */
  reportStatus(status, message) {
    if (!this.connected || this.#statusUnderWay) return;
    this.#statusUnderWay = true;
    void this.#publishStatus(status, message).finally(() => (this.#statusUnderWay = false));
  }

  /** Says that the device lives. */
  heartbeat() {
    if (this.connected) this.#client.publish(`sensors/${this.#deviceId}/heartbeat`, JSON.stringify(this.#health()));
  }

  /** Loses the connection without a word, so that the broker speaks the last will. @param {number} milliseconds until it comes back */
  cutOff(milliseconds) {
    this.#silentUntil = Date.now() + milliseconds;
    if (this.connected) this.#client.stream.destroy();
  }

  /** Says goodbye and does not come back. @param {number} timeoutMs after which it goes without a word */
  async close(timeoutMs) {
    if (this.connected) await Promise.race([this.#sayGoodbye(), sleep(timeoutMs, undefined, { ref: false })]);
    if (!this.#client.disconnected) this.#client.end(true);
  }

  async #sayGoodbye() {
    await this.#publishStatus('offline');
    await this.#client.endAsync(); // waits for readings that are under way
  }

  #onConnect() {
    this.lastError = null;
    this.reportStatus('online');
    this.#send();
  }

  async #publishStatus(status, message) {
    const payload = JSON.stringify({ status, ...this.#health(), firmware: FIRMWARE, message });
    try {
      await this.#client.publishAsync(`sensors/${this.#deviceId}/status`, payload, { qos: 1 });
      this.#setPause(FIRST_PAUSE); // only who is let in and heard has a good connection
    } catch (error) {
      this.lastError = error.message; // the client was ended
    }
  }

  #send() {
    if (!this.connected || this.backlog.busy || this.backlog.size === 0) return;
    const readings = this.backlog.take(READINGS_PER_MESSAGE);
    const payload = readings.length === 1 ? readings[0] : `[${readings.join(',')}]`;
    // mqtt.js sends it again on the next connection until it is acknowledged; it fails only when the client is ended.
    this.#client.publish(`sensors/${this.#deviceId}/data`, payload, { qos: 1 }, (error) => {
      if (error) {
        this.lastError = error.message;
        this.backlog.giveBack();
        return;
      }
      this.delivered += this.backlog.done();
      this.#send();
    });
  }

  /** mqtt.js waits a fixed time between attempts, but reads it anew for each. */
  #setPause(milliseconds) {
    this.#pause = Math.min(LONGEST_PAUSE, milliseconds);
    this.#client.options.reconnectPeriod = Math.round(this.#pause * (1 + Math.random() / 4));
  }

  #staySilent() {
    const rest = this.#silentUntil - Date.now();
    if (rest > 0) this.#client.options.reconnectPeriod = Math.max(rest, FIRST_PAUSE);
  }
}
