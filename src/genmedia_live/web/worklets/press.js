/**
 * Push-to-talk, where the microphone is: nothing leaves but what is said while the button is held, a little from before, for people
 * begin to speak as they press, and a little from after, for they let go with the last word. Pure; time is counted in blocks.
 */

import { FRAME_MS } from './gate.js';

const BEFORE = Math.round(300 / FRAME_MS);
const AFTER = Math.round(150 / FRAME_MS);

export class Press {
  /** @type {Float32Array[]} the newest blocks that have not left */
  #ring = [];
  #held = false;
  /** Blocks that still leave after the button was let go. */
  #tail = 0;

  /**
   * @param {(block: Float32Array) => void} emit a block may leave
   * @param {() => void} done all of what was said while the button was held has left
   */
  constructor(emit, done) {
    this.emit = emit;
    this.done = done;
    Object.seal(this);
  }

  /** @param {boolean} held */
  hold(held) {
    if (held === this.#held) return;
    this.#held = held;
    this.#tail = held ? 0 : AFTER;
    if (held) for (const block of this.#ring.splice(0)) this.emit(block);
  }

  /** One block of the microphone, which the caller may use again. @param {Float32Array} block `FRAME` samples at 16 kHz */
  push(block) {
    if (this.#held) this.emit(block);
    else if (this.#tail > 0) {
      this.emit(block);
      this.#tail -= 1;
      if (this.#tail === 0) this.done();
    } else {
      this.#ring.push(block.slice());
      if (this.#ring.length > BEFORE) this.#ring.shift();
    }
  }

  /** Nothing that was said before leaves; what is being said is over. */
  clear() {
    const open = this.#held || this.#tail > 0;
    this.#ring = [];
    this.#held = false;
    this.#tail = 0;
    if (open) this.done();
  }
}
