/**
 * The socket: connect, come back by the ladder, say and hear the wire's events.
 * Nothing is buffered for later here: what was said while the connection was away is the conversation's business.
 */

import { HEALTHY_MS, MOST_TRIES, retryDelay } from './backoff.js';
import { ackFault, clientFault, SERVER_EVENTS, serverFault } from './wire.js';

const CONNECT_TIMEOUT_MS = 8_000;
const ACK_TIMEOUT_MS = 20_000;

/**
 * @typedef {object} LinkEvents
 * @property {() => void} up the socket is open; it can be again and again
 * @property {(retryMs: number) => void} down it is not, and the next try comes in so long
 * @property {() => void} lost it is not, and there are no more tries
 * @property {(event: string, map: any) => void} heard
 * @property {(polling: boolean) => void} transport
 */

export class Link {
  /** @type {SocketIo | null} */
  #socket = null;
  #tries = 0;
  #timer = 0;
  #upSince = 0;
  #wanted = false;

  /** @param {SocketIoFactory} factory @param {LinkEvents} events */
  constructor(factory, events) {
    this.factory = factory;
    this.events = events;
    window.addEventListener('online', () => this.#wanted && !this.connected && this.#again(0));
  }

  get connected() {
    return this.#socket?.connected ?? false;
  }

  /** Open, and stay open until `close`. @param {string[]} transports */
  open(transports) {
    this.#wanted = true;
    this.#tries = 0;
    this.#socket ??= this.#make(transports);
    this.#again(0);
  }

  close() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#socket?.disconnect();
  }

  /** Leave, and come back when the server asked to. @param {number} afterMs */
  comeBack(afterMs) {
    this.#socket?.disconnect();
    this.#again(afterMs);
    this.events.down(afterMs);
  }

  /**
   * @param {string} event @param {object} map
   * @returns {boolean} whether it left
   */
  say(event, map) {
    if (!this.connected) return false;
    refuseOurOwnFault(event, map);
    this.#socket?.emit(event, map);
    return true;
  }

  /**
   * Say, and wait for the answer.
   * @param {string} event @param {object} map
   * @returns {Promise<any>} the answer, or null: the connection went or the server was silent
   */
  ask(event, map) {
    refuseOurOwnFault(event, map);
    const socket = this.#socket;
    if (!socket?.connected) return Promise.resolve(null);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(null), ACK_TIMEOUT_MS);
      const settle = (/** @type {any} */ answer) => {
        clearTimeout(timer);
        this.#unanswered.delete(settle);
        const fault = answer === null ? null : ackFault(event, answer);
        if (fault) console.warn(`The answer to "${event}" is not of this wire: ${fault}`);
        resolve(fault ? null : answer);
      };
      this.#unanswered.add(settle);
      socket.emit(event, map, settle);
    });
  }

  /** @type {Set<(answer: any) => void>} */
  #unanswered = new Set();

  /** @param {string[]} transports */
  #make(transports) {
    const socket = this.factory({
      autoConnect: false,
      reconnection: false, // the ladder is ours
      transports,
      tryAllTransports: true, // without it a blocked WebSocket never falls back to polling
      timeout: CONNECT_TIMEOUT_MS,
    });
    socket.on('connect', () => this.#connected(socket));
    socket.on('connect_error', () => this.#gone());
    socket.on('disconnect', () => this.#gone());
    for (const event of SERVER_EVENTS) {
      socket.on(event, (map) => {
        const fault = serverFault(event, map);
        if (fault) console.warn(`"${event}" is not of this wire: ${fault}`);
        else this.events.heard(event, map);
      });
    }
    return socket;
  }

  /** @param {SocketIo} socket */
  #connected(socket) {
    this.#upSince = Date.now();
    const { engine } = socket.io;
    const tell = () => this.events.transport(engine.transport.name === 'polling');
    engine.on('upgrade', tell);
    tell();
    this.events.up();
  }

  #gone() {
    for (const settle of this.#unanswered) settle(null);
    if (!this.#wanted) return;
    if (this.#upSince && Date.now() - this.#upSince > HEALTHY_MS) this.#tries = 0;
    this.#upSince = 0;
    if (this.#tries >= MOST_TRIES) {
      this.#wanted = false;
      this.events.lost();
      return;
    }
    const delay = retryDelay(this.#tries, Math.random());
    this.#tries += 1;
    this.events.down(delay);
    this.#again(delay);
  }

  /** @param {number} afterMs */
  #again(afterMs) {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#wanted && this.#socket?.connect(), afterMs);
  }
}

/** @param {string} event @param {object} map */
function refuseOurOwnFault(event, map) {
  const fault = clientFault(event, map);
  if (fault) throw new Error(`This page said "${event}" wrongly: ${fault}`);
}
