import { io } from '/ws/socket.io.esm.min.js';

const TOPICS = ['alerts', 'devices', 'readings'];

/**
 * A subscription to a municipality that survives bad networks: it goes on with the cursor of the last event. `on`:
 * `event(message)`, `state(name)`, `fresh()` (what happened before is not told: load it), `ended()` (sign in again).
 * `tokenOf(renew)` gives an access token; it is asked with every connection, so that a new one does not cost the cursor.
 */
export class Subscription {
  #socket;
  #cursor;
  #municipalityId;
  #on;
  #closed = false;
  #tokenOf;
  /** The server no longer took the token. */
  #refusedToken = false;

  constructor(tokenOf, municipalityId, on) {
    this.#tokenOf = tokenOf;
    this.#municipalityId = municipalityId;
    this.#on = on;
    this.#socket = io({
      path: '/ws',
      auth: (show) => void this.#authenticate(show),
      transports: ['websocket', 'polling'],
      reconnectionDelayMax: 5000,
    });
    this.#socket.on('connect', () => void this.#subscribe());
    this.#socket.on('disconnect', (reason) => this.#disconnected(reason));
    this.#socket.on('connect_error', (error) => this.#refused(error));
    this.#socket.on('exception', ({ error }) => {
      if (error?.code === 'SESSION_ENDED') this.#refusedToken = true;
      // What may be seen now is asked anew, by signing in.
      if (error?.code === 'RIGHTS_CHANGED') this.#ended();
    });
    for (const name of ['alert', 'device', 'reading']) {
      this.#socket.on(name, (message) => {
        this.#cursor = message.cursor;
        on.event(message);
      });
    }
    on.state('connecting');
  }

  close() {
    this.#closed = true;
    this.#socket.removeAllListeners();
    this.#socket.disconnect();
  }

  async #authenticate(show) {
    try {
      show({ token: await this.#tokenOf(this.#refusedToken) });
    } catch (error) {
      if (this.#closed) return;
      if (error.status === 401) this.#ended();
      else {
        this.#socket.disconnect();
        this.#connectLater(5000);
      }
    }
  }

  async #subscribe() {
    const fresh = this.#cursor === undefined;
    const request = { topics: TOPICS, municipalityId: this.#municipalityId, cursor: this.#cursor };
    const answer = await this.#socket
      .timeout(10_000)
      .emitWithAck('subscribe', request)
      .catch(() => null);
    if (answer?.ok) {
      this.#refusedToken = false;
      this.#cursor ??= answer.cursor;
      this.#on.state('live');
      if (fresh) this.#on.fresh();
    } else if (answer?.error.code === 'CURSOR_EXPIRED' || answer?.error.code === 'CURSOR_INVALID') {
      this.#cursor = undefined;
      await this.#subscribe();
    } else {
      // The server is there but cannot serve now: begin again in a moment.
      this.#socket.disconnect();
      this.#connectLater(2000);
    }
  }

  #disconnected(reason) {
    this.#on.state('connecting');
    // The client library does not come back by itself when the server ended the session.
    if (reason === 'io server disconnect') this.#socket.connect();
  }

  #refused(error) {
    if (error.data?.code === 'UNAUTHENTICATED' && this.#refusedToken) this.#ended();
    else if (error.data?.code === 'UNAUTHENTICATED') {
      // Once more, with a token that is new.
      this.#refusedToken = true;
      this.#connectLater(0);
    } else {
      this.#on.state('offline');
      if (!this.#socket.active) this.#connectLater(5000);
    }
  }

  #connectLater(ms) {
    setTimeout(() => this.#closed || this.#socket.connect(), ms);
  }

  #ended() {
    this.close();
    this.#on.ended();
  }
}
