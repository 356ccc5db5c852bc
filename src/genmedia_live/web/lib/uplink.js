/** How far the person's voice is behind on its way up, from the numbers sent and the numbers that the server has. Pure. */

/** Behind by so much, pictures wait: the voice goes first. */
const LAGGING_MS = 250;
/** Behind by so much, the path does not carry the whole voice. */
const NARROW_MS = 500;
/** The server tells its numbers five times a second: behind by less than this is no lag. */
const TOLD_EVERY_MS = 200;

export class Uplink {
  /** @type {{seq: number, ms: number, at: number}[]} sent, and not known to have arrived */
  #onTheWay = [];
  #narrow = false;

  /** A piece of voice left. @param {number} seq @param {number} ms how long it sounds @param {number} now */
  sent(seq, ms, now) {
    this.#onTheWay.push({ seq, ms, at: now });
    if (this.lagMs(now) > NARROW_MS) this.#narrow = true;
  }

  /** The server has all up to this number. @param {number} seq */
  received(seq) {
    const first = this.#onTheWay.findIndex((piece) => piece.seq > seq);
    this.#onTheWay.splice(0, first < 0 ? this.#onTheWay.length : first);
  }

  /** Another connection: what was on the way of the old one says nothing about the new. */
  reset() {
    this.#onTheWay = [];
    this.#narrow = false;
  }

  /** Age of the oldest piece that the server has not told of, in ms. @param {number} now */
  lagMs(now) {
    return this.#onTheWay.length > 0 ? Math.max(0, now - this.#onTheWay[0].at - TOLD_EVERY_MS) : 0;
  }

  /** @param {number} now */
  lagging(now) {
    return this.lagMs(now) > LAGGING_MS;
  }

  /** True from the first time that this connection did not keep up: send half the bytes. */
  get narrow() {
    return this.#narrow;
  }
}
