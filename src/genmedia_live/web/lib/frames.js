/**
 * Which source may send a frame when, and of how many bytes. Pure: `now` in ms and the pictures' signatures come in, verdicts go out.
 *
 * At most one frame is on its way. The next one leaves after its acknowledgement, no sooner than the pace allows, from the source
 * that has waited longest, and only if there is something new to see.
 */

/** @typedef {'camera' | 'screen'} Name */
/** @typedef {Float32Array} Signature mean luminance, 0 to 255, of each field of a grid over the picture */

/**
 * @typedef {object} Moment how things stand when a frame is thought of
 * @property {boolean} speaking the person speaks
 * @property {number} quietMs how long nobody has spoken
 * @property {boolean} lagging the person's voice is behind on its way up
 */

/** The least time between two frames, in ms. */
export const PACE = Object.freeze({ speaking: 1_000, usual: 2_000, quiet: 5_000 });
/** Nobody has spoken for so long: the quiet pace. In ms. */
export const QUIET_MS = 15_000;
/** While the other source goes on, one that stands still goes again after so many ms: the local engine takes it for over after 10 s. */
const BESIDE_MS = 6_000;
/** An acknowledgement that is not here by now will not come, in ms. */
export const LOST_MS = 10_000;

/** Bytes of a frame: what any path should carry, and what one begins with before anything is known of the path. */
export const BYTES = Object.freeze({ least: 15_000, first: 30_000 });
/** An acknowledgement should come within this, in ms: for so long the voice waits behind the frame. */
const AIM_MS = 400;
/** After a frame the path is left to the voice for so many times as long as the frame took: most of what is said meets none. */
const REST = 5;
/** What was sent poorly goes again when so much more may be sent. */
const BETTER = 1.5;

/** Fields a side of a signature's grid. A camera's noise goes under in large fields; on a screen, which has none, a changed digit counts. */
export const GRID = Object.freeze({ camera: 32, screen: 128 });
/** A field that differs by more is a change, in levels of 255. */
const CHANGE = Object.freeze({ camera: 6, screen: 2 });

/**
 * @typedef {object} Source
 * @property {number} leftAt when its last frame left
 * @property {number} generation grows when all that the model has seen of it no longer counts
 * @property {Signature | null} seen what the model has seen of it
 * @property {number | null} poorAt the budget for which its last frame had to be made worse
 */

export class Frames {
  /** @type {Map<Name, Source>} */
  #sources = new Map();
  /** @type {{seq: number, source: Name, generation: number, signature: Signature, bytes: number, poorAt: number | null, at: number} | null} */
  #onTheWay = null;
  #seq = 0;
  #leftAt = -Infinity;
  #restUntil = -Infinity;
  /** @type {number} */
  #budget = BYTES.first;
  #most;

  /** @param {number} most bytes that the server takes */
  constructor(most) {
    this.#most = most;
  }

  /** @param {number} bytes that the server takes */
  set most(bytes) {
    this.#most = bytes;
  }

  /** Bytes that the next frame may have. */
  get budget() {
    return Math.min(this.#budget, this.#most);
  }

  /** @param {Name} source */
  add(source) {
    this.#sources.set(source, { leftAt: -Infinity, generation: 0, seen: null, poorAt: null });
  }

  /** @param {Name} source */
  remove(source) {
    this.#sources.delete(source);
  }

  /** The model may have forgotten, or is to see it otherwise: a frame goes even if nothing changes. @param {Name} [only] */
  renew(only) {
    for (const [name, source] of this.#sources) {
      if (only !== undefined && name !== only) continue;
      source.generation += 1;
      source.seen = source.poorAt = null;
    }
  }

  /** Grows with every `renew`; -1 when there is no such source. @param {Name} source */
  generation(source) {
    return this.#sources.get(source)?.generation ?? -1;
  }

  /** The connection is a new one: nothing is on its way, and nothing is known of the path. */
  reconnected() {
    this.#onTheWay = null;
    this.#restUntil = -Infinity;
    this.#budget = BYTES.first;
    this.renew();
  }

  /** The sources to look at now, the one that has waited longest first. @param {number} now @param {Moment} moment @returns {Name[]} */
  due(now, { speaking, quietMs, lagging }) {
    if (this.#onTheWay && now - this.#onTheWay.at >= LOST_MS) this.lost(this.#onTheWay.seq);
    if (this.#onTheWay || lagging || now < this.#restUntil) return [];
    const pace = speaking ? PACE.speaking : quietMs > QUIET_MS ? PACE.quiet : PACE.usual;
    return [...this.#sources]
      .filter(([, { seen }]) => now - this.#leftAt >= (seen ? pace : PACE.speaking))
      .sort(([, a], [, b]) => a.leftAt - b.leftAt)
      .map(([name]) => name);
  }

  /** Whether there is something new in it, or so much of the other that this one may be forgotten. @param {Name} name @param {Signature} signature */
  wants(name, signature) {
    const source = this.#sources.get(name);
    if (!source) return false;
    if (this.#leftAt - source.leftAt >= BESIDE_MS) return true;
    if (!source.seen || (source.poorAt !== null && this.budget >= BETTER * source.poorAt)) return true;
    return difference(source.seen, signature) > CHANGE[name];
  }

  /**
   * A frame leaves.
   * @param {Name} name @param {Signature} signature
   * @param {{bytes: number, poor: boolean}} frame `poor`: the budget cost it quality
   * @param {number} now
   * @returns {number} its number on the wire
   */
  left(name, signature, { bytes, poor }, now) {
    const source = this.#sources.get(name);
    const seq = this.#seq++;
    this.#leftAt = now;
    if (source) {
      source.leftAt = now;
      const { generation } = source;
      this.#onTheWay = { seq, source: name, generation, signature, bytes, poorAt: poor ? this.budget : null, at: now };
    }
    return seq;
  }

  /** The server has the frame; `sent`: the model, too. @param {number} seq @param {boolean} sent @param {number} now */
  answered(seq, sent, now) {
    const frame = this.#onTheWay;
    if (frame?.seq !== seq) return; // given up before
    this.#onTheWay = null;
    this.#restUntil = now + REST * (now - frame.at);
    this.#adapt(frame.bytes, now - frame.at);
    const source = this.#sources.get(frame.source);
    if (!source || !sent || source.generation !== frame.generation) return;
    source.seen = frame.signature;
    source.poorAt = frame.poorAt;
  }

  /** No answer came, or a refusal. @param {number} seq */
  lost(seq) {
    if (this.#onTheWay?.seq !== seq) return;
    this.#onTheWay = null;
    this.#budget = Math.max(BYTES.least, this.#budget / 2);
  }

  /** @param {number} bytes @param {number} tookMs */
  #adapt(bytes, tookMs) {
    const carried = (bytes * AIM_MS) / Math.max(1, tookMs);
    // A small frame that came at once says little of what a large one takes: it raises the budget, and never lowers it.
    if (tookMs > AIM_MS) this.#budget = Math.max(BYTES.least, Math.min(this.#budget, carried));
    else this.#budget = Math.min(this.#most, Math.max(this.#budget, Math.min(2 * this.#budget, carried)));
  }
}

/**
 * The signature of a picture.
 * @param {ArrayLike<number>} rgba a square
 * @param {number} grid fields a side, of which the square's side is a multiple
 * @returns {Signature}
 */
export function signatureOf(rgba, grid) {
  const side = Math.sqrt(rgba.length / 4);
  const field = side / grid;
  const sums = new Float32Array(grid * grid);
  for (let pixel = 0; pixel < side * side; pixel++) {
    const at = Math.floor(pixel / side / field) * grid + Math.floor((pixel % side) / field);
    // Rec. 709 luma.
    sums[at] += 0.2126 * rgba[4 * pixel] + 0.7152 * rgba[4 * pixel + 1] + 0.0722 * rgba[4 * pixel + 2];
  }
  return sums.map((sum) => sum / (field * field));
}

/** The most that one field differs, in levels of 255. @param {Signature} a @param {Signature} b */
function difference(a, b) {
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at])), 0);
}
