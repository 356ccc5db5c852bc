/**
 * A streaming rational resampler, for browsers that refuse a context at the rate we ask for. Pure.
 *
 * Polyphase windowed-sinc interpolation (Smith, "Digital Audio Resampling", CCRMA): one short filter for each of the positions that
 * an output sample can take between two input samples, a Kaiser window of beta 8 (stop band below -80 dB).
 */

const ZERO_CROSSINGS = 16;
const KAISER_BETA = 8;
/** The pass band ends here, as a share of the lower of the two Nyquist frequencies: room for the filter's slope. */
const PASS_BAND = 0.94;

export class Resampler {
  /** @param {number} from Hz @param {number} to Hz */
  constructor(from, to) {
    const common = greatestCommonDivisor(from, to);
    this.up = to / common;
    this.down = from / common;
    const cutoff = PASS_BAND * Math.min(1, to / from);
    this.reach = Math.ceil(ZERO_CROSSINGS / cutoff);
    this.filters = Array.from({ length: this.up }, (_, phase) => filterAt(phase / this.up, this.reach, cutoff));
    /** What later outputs still need; the leading zeros align the output with the input. */
    this.history = new Float32Array(this.reach - 1);
    this.phase = 0;
    Object.seal(this);
  }

  /**
   * @param {Float32Array} samples
   * @returns {Float32Array} the length differs by one from call to call unless the rates divide
   */
  process(samples) {
    if (this.up === this.down) return samples.slice();
    const input = new Float32Array(this.history.length + samples.length);
    input.set(this.history);
    input.set(samples, this.history.length);
    const taps = 2 * this.reach;
    const out = new Float32Array(Math.ceil((input.length * this.up) / this.down) + 1);
    let made = 0;
    let at = 0;
    while (at + taps <= input.length) {
      const filter = this.filters[this.phase];
      let sum = 0;
      for (let k = 0; k < taps; k++) sum += filter[k] * input[at + k];
      out[made++] = sum;
      this.phase += this.down;
      at += Math.floor(this.phase / this.up);
      this.phase %= this.up;
    }
    this.history = input.slice(at);
    return out.subarray(0, made);
  }
}

/** @param {number} a @param {number} b @returns {number} */
function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** @param {number} fraction of a sample @param {number} reach samples to each side @param {number} cutoff of Nyquist */
function filterAt(fraction, reach, cutoff) {
  const taps = new Float64Array(2 * reach);
  let gain = 0;
  for (let k = 0; k < taps.length; k++) {
    const t = k - reach + 1 - fraction;
    taps[k] = sinc(cutoff * t) * kaiser(t / reach);
    gain += taps[k];
  }
  return Float32Array.from(taps, (tap) => tap / gain);
}

/** @param {number} x */
function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** @param {number} x -1 to 1 */
function kaiser(x) {
  return Math.abs(x) >= 1 ? 0 : bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA);
}

/** The modified Bessel function of the first kind, order zero, by its power series. @param {number} x */
function bessel(x) {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
