/** The agent's loudness while it is not sure whether the person wants the floor. Pure; all lengths are samples. */

/** The voice under a sound that is not decided yet. */
const DUCKED = 0.25;
const DOWN_MS = 20;
const UP_MS = 150;
/** Nobody who ducked the voice may forget it: after this it comes back by itself. */
const LONGEST_MS = 800;

export class Ducker {
  /** @param {number} rate Hz */
  constructor(rate) {
    const samples = (/** @type {number} */ ms) => (ms * rate) / 1000;
    this.down = (1 - DUCKED) / samples(DOWN_MS);
    this.up = (1 - DUCKED) / samples(UP_MS);
    this.longest = samples(LONGEST_MS);
    this.gain = 1;
    this.left = 0;
    Object.seal(this);
  }

  duck() {
    this.left = this.longest;
  }

  restore() {
    this.left = 0;
  }

  /** At full gain it does not touch a sample. @param {Float32Array} out */
  apply(out) {
    if (this.left === 0 && this.gain === 1) return;
    for (let i = 0; i < out.length; i++) {
      this.gain = this.left > i ? Math.max(DUCKED, this.gain - this.down) : Math.min(1, this.gain + this.up);
      out[i] *= this.gain;
    }
    this.left = Math.max(0, this.left - out.length);
  }
}
