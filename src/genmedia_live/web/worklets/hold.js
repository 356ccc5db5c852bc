/**
 * The person's voice on its way out, held back while it is not sure whether it is one. Pure: blocks come in and go out, in order,
 * each once. It stands between the microphone and the framer.
 *
 * While the agent sounds, everything leaves `BEFORE_MS` late, so that of a sound not even the beginning has left when it is noticed.
 * What turns out to be an interruption leaves as it was. What turns out to be noise leaves as silence of the same length, and so does
 * what goes on behind it; no more than `DECIDED_MS` and what came before are ever kept.
 */

import { DECIDED_MS, FRAME_MS, Gate } from './gate.js';

/** A sound is noticed a few frames late, and a soft beginning is no beginning yet. */
const BEFORE_MS = 120;
const BEFORE = Math.ceil(BEFORE_MS / FRAME_MS);
const MOST = BEFORE + Math.ceil(DECIDED_MS / FRAME_MS);

/**
 * How long the agent sounds before anybody is taken to break in: an echo canceller lets 64 to 128 ms of its first word through until
 * it knows the room (`engine/dialogue/endpointing.py`).
 */
const SETTLING_MS = 300;

/** @typedef {'duck' | 'restore' | 'interruption'} Word what the player, or the page, is to do */

export class Hold {
  #gate = new Gate();
  /** @type {Float32Array[]} */
  #kept = [];
  /** @type {'through' | 'settling' | 'watching' | 'undecided' | 'noise'} */
  #state = 'through';
  #settled = 0;

  /**
   * @param {(block: Float32Array) => void} emit a block may leave
   * @param {(word: Word) => void} tell
   */
  constructor(emit, tell) {
    this.emit = emit;
    this.tell = tell;
    Object.seal(this);
  }

  /** Blocks that have not left yet. */
  get kept() {
    return this.#kept.length;
  }

  /** The agent begins or ceases to sound, where a sound may interrupt it. @param {boolean} sounds */
  agent(sounds) {
    if (sounds === (this.#state !== 'through')) return;
    if (sounds) {
      this.#state = 'settling';
      this.#settled = 0;
      return;
    }
    if (this.#state === 'undecided') this.tell('restore');
    this.#leave(0, this.#state === 'noise');
    this.#state = 'through';
  }

  /** One block of the microphone, which the caller may use again. @param {Float32Array} block `FRAME` samples at 16 kHz */
  push(block) {
    const verdict = this.#gate.push(block, this.#state !== 'through');
    if (this.#state === 'through') {
      this.emit(block);
      return;
    }
    this.#kept.push(block.slice());
    if (this.#state === 'settling') this.#settle();
    else if (verdict) this.#hear(verdict);
    if (this.#state === 'noise') this.#leave(MOST, true);
    else if (this.#state !== 'undecided') this.#leave(BEFORE, false);
  }

  /** Forget what is kept: it is to leave no more. */
  clear() {
    this.#kept = [];
    this.#gate.again();
    if (this.#state === 'undecided') this.tell('restore');
    if (this.#state !== 'through') this.#state = 'watching';
  }

  #settle() {
    this.#settled += 1;
    if (this.#settled * FRAME_MS < SETTLING_MS) return;
    this.#state = 'watching';
    this.#gate.again(); // whoever speaks now breaks in from here on
  }

  /** @param {import('./gate.js').Verdict} verdict */
  #hear(verdict) {
    if (verdict === 'onset') {
      this.#state = 'undecided';
      this.tell('duck');
    } else if (verdict === 'noise') {
      this.#state = 'noise';
      this.tell('restore');
    } else if (verdict === 'interruption') {
      this.tell('interruption');
      this.#leave(0, false);
      this.#state = 'through';
    } else {
      this.#leave(0, this.#state === 'noise');
      this.#state = 'watching';
    }
  }

  /** Let out all but the newest `keep` blocks. @param {number} keep @param {boolean} silent as silence */
  #leave(keep, silent) {
    while (this.#kept.length > keep) {
      const block = /** @type {Float32Array} */ (this.#kept.shift());
      this.emit(silent ? block.fill(0) : block);
    }
  }
}
