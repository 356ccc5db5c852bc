/**
 * The voice that waits to be rendered, and the account of what has been. Pure; all lengths are samples.
 *
 * Waits for `prebuffer` before the first sound and after an underrun, but not when the turn has no more to come.
 * A flush is silent within the next quantum, after a short fade, and refuses what still arrives of that turn or an earlier one.
 */

/** @typedef {{what: 'playing' | 'underrun' | 'ended' | 'flushed', turn: number, played: number}} Report */

/** @type {readonly Report[]} */
const NOTHING = Object.freeze([]);

/** Below every turn number. */
const NONE = -1;

/** Turns whose count is remembered after they have sounded: a late flush may still ask. */
const REMEMBERED = 8;

export class PlaybackQueue {
  /** @param {{prebuffer: number, fade: number, reportEvery: number}} options */
  constructor({ prebuffer, fade, reportEvery }) {
    this.prebuffer = prebuffer;
    this.fade = fade;
    this.reportEvery = reportEvery;
    /** @type {{turn: number, samples: Float32Array, at: number}[]} */
    this.chunks = [];
    this.buffered = 0;
    /** @type {'idle' | 'filling' | 'playing'} */
    this.state = 'idle';
    /** The turn that has begun to sound and has not ended. */
    this.turn = NONE;
    this.newest = NONE;
    this.endedUpTo = NONE;
    this.refusedUpTo = NONE;
    /** @type {Map<number, number>} turn -> samples rendered */
    this.played = new Map();
    this.unreported = 0;
    this.underruns = 0;
    /** Chunks refused because their turn was flushed. */
    this.refused = 0;
    /** @type {Float32Array | null} what a flush lets fade out */
    this.tail = null;
    Object.seal(this);
  }

  /** Whether a voice sounds, or has only run dry for the moment. */
  get sounding() {
    return this.turn !== NONE;
  }

  /** @param {number} turn @param {Float32Array} samples */
  push(turn, samples) {
    if (turn <= this.refusedUpTo || turn < this.newest) {
      this.refused += 1;
      return;
    }
    if (samples.length === 0) return;
    this.newest = turn;
    this.chunks.push({ turn, samples, at: 0 });
    this.buffered += samples.length;
    if (this.state === 'idle') this.state = 'filling';
  }

  /**
   * No more of this turn will come.
   * @param {number} turn
   * @returns {readonly Report[]}
   */
  end(turn) {
    this.endedUpTo = Math.max(this.endedUpTo, turn);
    const over = this.state === 'filling' && this.buffered === 0 && this.turn !== NONE && this.turn <= turn;
    return over ? [this.ended()] : NOTHING;
  }

  /**
   * Silence, now.
   * @param {number} turn this one and all before it
   * @returns {readonly Report[]} how much of it has been heard, the fade included
   */
  flush(turn) {
    if (this.state === 'playing' && this.turn <= turn) {
      const samples = new Float32Array(this.fade);
      const length = this.take(samples, turn);
      for (let i = 0; i < length; i++) samples[i] *= 1 - (i + 1) / length;
      this.tail = samples.subarray(0, length);
    }
    this.refusedUpTo = Math.max(this.refusedUpTo, turn);
    this.chunks = this.chunks.filter((chunk) => chunk.turn > turn);
    this.buffered = this.chunks.reduce((sum, chunk) => sum + chunk.samples.length - chunk.at, 0);
    if (this.turn <= turn) {
      this.turn = NONE;
      this.state = this.buffered > 0 ? 'filling' : 'idle';
    }
    return [{ what: 'flushed', turn, played: this.played.get(turn) ?? 0 }];
  }

  /**
   * Fill one quantum, which comes zeroed. Two turns never share one.
   * @param {Float32Array} out
   * @returns {readonly Report[]}
   */
  render(out) {
    if (this.tail) {
      out.set(this.tail);
      this.tail = null;
      return NOTHING;
    }
    if (this.state === 'filling' && this.mayStart()) this.state = 'playing';
    if (this.state !== 'playing') return NOTHING;
    const next = this.chunks[0]?.turn ?? this.turn;
    const reports = this.turn !== NONE && this.turn !== next ? [this.ended()] : [];
    this.state = 'playing';
    const rendered = this.take(out, next);
    if (rendered < out.length && this.chunks.length === 0) reports.push(this.runDry());
    else if (this.unreported >= this.reportEvery) reports.push(this.report('playing'));
    return reports.length > 0 ? reports : NOTHING;
  }

  /** Enough to begin with, or all that will come. */
  mayStart() {
    const first = this.chunks[0];
    return first !== undefined && (this.buffered >= this.prebuffer || first.turn <= this.endedUpTo || first.turn < this.newest);
  }

  /** @returns {Report} */
  runDry() {
    if (this.turn <= this.endedUpTo) return this.ended();
    this.underruns += 1;
    this.state = 'filling';
    return this.report('underrun');
  }

  /**
   * Move samples of turns up to `last` into `out`, and count them as heard.
   * @param {Float32Array} out @param {number} last
   * @returns {number} how many there were
   */
  take(out, last) {
    let filled = 0;
    while (filled < out.length && this.chunks.length > 0 && this.chunks[0].turn <= last) {
      const head = this.chunks[0];
      const part = head.samples.subarray(head.at, head.at + out.length - filled);
      out.set(part, filled);
      filled += part.length;
      head.at += part.length;
      if (head.at === head.samples.length) this.chunks.shift();
      this.count(head.turn, part.length);
    }
    this.buffered -= filled;
    return filled;
  }

  /** @param {number} turn @param {number} samples */
  count(turn, samples) {
    if (!this.played.has(turn) && this.played.size === REMEMBERED) this.played.delete([...this.played.keys()][0]);
    this.played.set(turn, (this.played.get(turn) ?? 0) + samples);
    this.turn = turn;
    this.unreported += samples;
  }

  /** @returns {Report} */
  ended() {
    const report = this.report('ended');
    this.turn = NONE;
    this.state = 'idle';
    return report;
  }

  /** @param {Report['what']} what @returns {Report} */
  report(what) {
    this.unreported = 0;
    return { what, turn: this.turn, played: this.played.get(this.turn) ?? 0 };
  }
}
