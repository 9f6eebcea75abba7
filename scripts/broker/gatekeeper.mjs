/**
 * Decides for the embedded broker who may connect, publish and subscribe: the platform itself by a shared password,
 * everybody else as the application says. Whatever is unclear is refused.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { HookUnavailable } from './hook-client.mjs';
import { ownTopic } from './own-topic.mjs';
import { VerdictCache } from './verdicts.mjs';

/** Return codes of CONNACK in MQTT 3.1.1. */
const IDENTIFIER_REJECTED = 2;
const SERVER_UNAVAILABLE = 3;
const BAD_CREDENTIALS = 4;

/** Far above what the platform takes; keeps one client from filling the broker's memory. */
const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

/** Marks on aedes' client objects; set when the client has signed in. */
const PLATFORM = Symbol('platform');
const USERNAME = Symbol('username');

export class Gatekeeper {
  #settings;
  #ask;
  #log;
  #verdicts = new VerdictCache();
  /** Client id → who used it last: a session is never handed to another device, but to a device's next credential it is. */
  #sessions = new Map();

  /**
   * @param {{ username: string, password: string, clientId: string }} settings how the platform signs in; client ids
   *   that start with its own are kept for it
   * @param {ReturnType<typeof import('./hook-client.mjs').hookClient>} ask
   * @param {(event: string, details: object) => void} log
   */
  constructor(settings, ask, log) {
    this.#settings = settings;
    this.#ask = ask;
    this.#log = log;
  }

  /** For aedes' `authenticate`. */
  authenticate = (client, username, password, done) => {
    this.#signIn(client, username, password).then(
      () => done(null, true),
      (error) => {
        this.#log('connect refused', { clientId: client.id, username, reason: error.message });
        done(Object.assign(error, { returnCode: error.returnCode ?? SERVER_UNAVAILABLE }), false);
      },
    );
  };

  /** For aedes' `authorizePublish`; a refusal ends the connection, as MQTT 3.1.1 has no other way to tell. */
  authorizePublish = (client, packet, done) => {
    if (packet.payload?.length > MAX_PAYLOAD_BYTES) return done(new Error('payload too large'));
    packet.topic = ownTopic(packet.topic, client?.[USERNAME]);
    return this.#decide(client, packet.topic, 'publish').then(
      (allowed) => done(allowed ? null : new Error(`publish to ${packet.topic} refused`)),
      (error) => done(error),
    );
  };

  /** For aedes' `authorizeSubscribe`; a refusal is told in the SUBACK. */
  authorizeSubscribe = (client, subscription, done) => {
    this.#decide(client, subscription.topic, 'subscribe').then(
      (allowed) => done(null, allowed ? subscription : null),
      (error) => done(error),
    );
  };

  async #signIn(client, username, password) {
    if (!username || !password) throw refusal('no user name and password', BAD_CREDENTIALS);
    const isPlatform = username === this.#settings.username;
    const allowed = isPlatform
      ? sameText(password.toString(), this.#settings.password)
      : await this.#ask('auth', { clientid: client.id, username, password: password.toString() });
    if (!allowed) throw refusal('wrong user name or password', BAD_CREDENTIALS);
    this.#claimSession(client, username, isPlatform);
    client[PLATFORM] = isPlatform;
    client[USERNAME] = username;
  }

  /** A client id gives access to a session with its subscriptions and messages, so it is bound to the device. */
  #claimSession(client, username, isPlatform) {
    const owner = this.#sessions.get(client.id)?.owner;
    const reserved = client.id.startsWith(this.#settings.clientId) && !isPlatform;
    if (reserved || (owner !== undefined && owner !== ownerOf(username))) {
      throw refusal('the client id belongs to another user', IDENTIFIER_REJECTED);
    }
    this.#sessions.set(client.id, { owner: ownerOf(username), client });
  }

  /** Frees the client id when the connection ends that used it last and no session is kept. */
  release(client) {
    if (client.clean && this.#sessions.get(client.id)?.client === client) this.#sessions.delete(client.id);
  }

  async #decide(client, topic, action) {
    if (topic.startsWith('$') || client?.[USERNAME] === undefined) return false;
    if (client[PLATFORM]) return true;
    const question = { clientid: client.id, username: client[USERNAME], topic, action };
    const withdraw = () => {
      this.#log('right withdrawn', question);
      client.close();
    };
    try {
      const allowed = await this.#verdicts.decide(
        Object.values(question).join('\0'),
        () => this.#ask('acl', question),
        withdraw,
      );
      if (!allowed) this.#log(`${action} refused`, question);
      return allowed;
    } catch (error) {
      if (!(error instanceof HookUnavailable)) throw error;
      this.#log(`${action} refused: the application is away`, { ...question, reason: error.message });
      return false;
    }
  }
}

/** The device of a user name `<deviceId>~<credentialId>`; other names stand for themselves. */
function ownerOf(username) {
  return username.split('~')[0];
}

function refusal(message, returnCode) {
  return Object.assign(new Error(message), { returnCode });
}

/** Compares in constant time, also texts of different lengths. */
function sameText(a, b) {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(left, right);
}
