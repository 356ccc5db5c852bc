/**
 * Is it words? Tells a person who wants the floor from a cough, a clap, a breath or an "mm-hm". Pure; time is counted in frames.
 *
 * A sound begins when two frames stand out of the noise. It is an interruption once enough of it is voiced, open and moving: a hum
 * is voiced, but its energy lies below 500 Hz; "uh-huh" is open, but keeps its colour; a cough, a breath and a clap are not voiced.
 * What moves are the formants, which carry the words. Everything else is noise after `DECIDED_MS` at the latest, or once it is quiet;
 * but a sound that goes on is listened to further, and may still become an interruption.
 *
 * The constants were tuned on the first half of the synthetic set of `bench/floor_set.py`, and on a few recordings of people; what
 * comes of them on the other half, `bench/floor.py` tells.
 */

import { Analyser } from './spectrum.js';

const RATE = 16_000;

/** Samples of a frame: one render quantum. */
export const FRAME = 128;
export const FRAME_MS = (1000 * FRAME) / RATE;

/** The longest that it takes to decide, from the beginning of the sound. */
export const DECIDED_MS = 400;

/** The window of the spectrum: more than two periods of the lowest voice. */
const WINDOW = 512;

/** A beginning stands out of the noise by so many dB; it is quiet again where it is so many below what makes a beginning. */
const ONSET_DB = 12;
const QUIET_DB = 3;
/** Below this nothing is a beginning, in dBFS: suppressed noise is near digital silence. */
const FAINT_DBFS = -48;
const ONSET_FRAMES = 2;
/** How long it is quiet before a sound is decided, and before it is over. The closures of "p", "t" and "k" are shorter. */
const CLOSURE_MS = 160;
const OVER_MS = 300;

/** The floor follows a quieter room at once, a louder one slowly; what never pauses for so long is the room. */
const FALL = 0.2;
const RISE = 0.01;
const ROOM_MS = 1_200;

/** The pitch of voices, in Hz (Baken, Orlikoff, "Clinical measurement of speech and voice", 2000, with room for a child's). */
const PITCH = Object.freeze([70, 400]);
/** A frame as periodic as this is voiced (Boersma 1993 takes 0.45 for a clean voice; a cough's hoarse end must stay below). */
const VOICED = 0.6;
/** An open mouth has at most so much less above 500 Hz than below, in dB; the nasal murmur lies lower (Fant 1960). */
const OPEN_DB = -18;
/** The edges of the bands, in Hz. Those of the first two are "below 500"; the others up to 3,500 hold the first three formants. */
const BANDS = Object.freeze([60, 250, 500, 800, 1_200, 1_800, 2_600, 3_500]);
const LOW = 2;
/** A band this far below the strongest says nothing, in dB. */
const DEPTH_DB = 20;
/** Over so many frames the colour of the voice is compared: 32 ms, a quarter of a syllable. */
const APART = 4;

/** So much movement within `DECIDED_MS` is an interruption, in dB a band. */
const ENOUGH = 17;

/** @typedef {'onset' | 'interruption' | 'noise' | 'over'} Verdict */

/** What is seen in a window: its bands in dB below the strongest, and whether it is the voice of an open mouth. */
class Look {
  #analyser = new Analyser(WINDOW);

  /** @param {Float32Array} samples a window of them */
  at(samples) {
    const { power, likeness } = this.#analyser;
    this.#analyser.analyse(samples);
    const [lowest, highest] = PITCH;
    let periodic = 0;
    for (let lag = Math.round(RATE / highest); lag <= RATE / lowest; lag++) periodic = Math.max(periodic, likeness[lag]);
    const bands = new Float64Array(BANDS.length - 1);
    for (let band = 0; band < bands.length; band++) {
      for (let bin = binOf(BANDS[band]); bin < binOf(BANDS[band + 1]); bin++) bands[band] += power[bin];
    }
    const low = bands.subarray(0, LOW).reduce((sum, value) => sum + value, 0);
    const high = bands.subarray(LOW).reduce((sum, value) => sum + value, 0);
    const strongest = Math.max(...bands);
    return {
      open: periodic > VOICED && decibels(high) - decibels(low) > OPEN_DB,
      colour: bands.map((value) => Math.max(-DEPTH_DB, decibels(value) - decibels(strongest))),
    };
  }
}

export class Gate {
  #look = new Look();
  #window = new Float32Array(WINDOW);
  #floor = -60;
  #lowest = 0;
  #lowestFor = 0;
  /** Frames in a row that stand out. */
  #out = 0;
  /** The sound of now. @type {{frames: number, quiet: number, decided: Verdict | null} | null} */
  #sound = null;
  /** The last frames of it: what each counts. @type {number[]} */
  #counts = [];
  /** @type {ReturnType<Look['at']>[]} */
  #looks = [];

  /** Whether there is a sound, decided or not. */
  get sounding() {
    return this.#sound !== null;
  }

  /** What is louder begins a sound, in dBFS. */
  get #threshold() {
    return Math.max(FAINT_DBFS, this.#floor + ONSET_DB);
  }

  /** How much speaks for an interruption, in `ENOUGH`s. */
  get evidence() {
    return this.#counts.reduce((sum, value) => sum + value, 0) / ENOUGH;
  }

  /** Forget the sound of now, as if the next frame were its beginning. */
  again() {
    this.#sound = null;
    this.#out = 0;
  }

  /**
   * @param {Float32Array} frame `FRAME` samples at 16 kHz
   * @param {boolean} judged false: only follow the room, for nobody wants to know
   * @returns {Verdict | null} each at most once a sound, but for an interruption after a noise
   */
  push(frame, judged = true) {
    this.#window.copyWithin(0, FRAME);
    this.#window.set(frame, WINDOW - FRAME);
    const level = decibels(frame.reduce((sum, sample) => sum + sample * sample, 0) / FRAME);
    this.#followRoom(level);
    if (!this.#sound) return this.#await(level);
    this.#sound.frames += 1;
    const quiet = level < this.#threshold - QUIET_DB;
    this.#sound.quiet = quiet ? this.#sound.quiet + 1 : 0;
    if (judged) this.#weigh(!quiet);
    return this.#decide(judged);
  }

  /** @param {number} level */
  #followRoom(level) {
    if (this.#lowestFor === 0 || level < this.#lowest) this.#lowest = level;
    this.#lowestFor += 1;
    if (this.#lowestFor * FRAME_MS >= ROOM_MS) {
      this.#floor = Math.max(this.#floor, this.#lowest);
      this.#lowestFor = 0;
    }
    if (level < this.#floor) this.#floor += FALL * (level - this.#floor);
    else if (!this.#sound && level < this.#floor + ONSET_DB) this.#floor += RISE * (level - this.#floor);
  }

  /** @param {number} level @returns {Verdict | null} */
  #await(level) {
    this.#out = level > this.#threshold ? this.#out + 1 : 0;
    if (this.#out < ONSET_FRAMES) return null;
    this.#sound = { frames: ONSET_FRAMES, quiet: 0, decided: null };
    this.#out = 0;
    this.#counts = [];
    this.#looks = [];
    return 'onset';
  }

  /** What this frame counts, and forget what a frame of `DECIDED_MS` ago did. @param {boolean} loud enough to be the person */
  #weigh(loud) {
    const look = this.#look.at(this.#window);
    this.#looks.push(look);
    const before = this.#looks.length > APART ? this.#looks.shift() : undefined;
    this.#counts.push(loud && look.open && before?.open ? movement(before.colour, look.colour) : 0);
    if (this.#counts.length * FRAME_MS > DECIDED_MS) this.#counts.shift();
  }

  /** @param {boolean} judged @returns {Verdict | null} */
  #decide(judged) {
    const sound = this.#sound;
    if (!sound) return null;
    if (sound.quiet * FRAME_MS >= OVER_MS) {
      this.#sound = null;
      return 'over';
    }
    if (!judged || sound.decided === 'interruption') return null;
    if (this.evidence >= 1) return (sound.decided = 'interruption');
    const waited = sound.frames * FRAME_MS >= DECIDED_MS || sound.quiet * FRAME_MS >= CLOSURE_MS;
    return waited && sound.decided === null ? (sound.decided = 'noise') : null;
  }
}

/** How far the colour has moved, in dB a band. @param {Float64Array} before @param {Float64Array} after */
function movement(before, after) {
  let sum = 0;
  for (let band = LOW; band < after.length; band++) sum += Math.abs(after[band] - before[band]);
  return sum / (after.length - LOW);
}

/** @param {number} hz */
function binOf(hz) {
  return Math.round((hz * 2 * WINDOW) / RATE);
}

/** @param {number} power */
function decibels(power) {
  return 10 * Math.log10(power + 1e-12);
}
