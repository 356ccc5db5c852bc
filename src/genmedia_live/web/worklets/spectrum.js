/** The power spectrum of a short window, and what is periodic in it. Pure. */

/** A fast Fourier transform of one size, in place: Cooley and Tukey's, radix 2. */
export class Fourier {
  /** @param {number} size a power of two */
  constructor(size) {
    this.size = size;
    this.cos = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.sin = Float64Array.from({ length: size / 2 }, (_, i) => Math.sin((2 * Math.PI * i) / size));
    const bits = Math.log2(size);
    this.reversed = Uint32Array.from({ length: size }, (_, i) => {
      let out = 0;
      for (let bit = 0; bit < bits; bit++) out |= ((i >> bit) & 1) << (bits - 1 - bit);
      return out;
    });
    Object.freeze(this);
  }

  /** @param {Float64Array} re @param {Float64Array} im */
  transform(re, im) {
    for (let i = 0; i < this.size; i++) {
      const j = this.reversed[i];
      if (j > i) {
        [re[i], re[j]] = [re[j], re[i]];
        [im[i], im[j]] = [im[j], im[i]];
      }
    }
    for (let half = 1; half < this.size; half *= 2) {
      const step = this.size / (2 * half);
      for (let start = 0; start < this.size; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const [c, s, a, b] = [this.cos[k * step], this.sin[k * step], start + k, start + k + half];
          const real = re[b] * c + im[b] * s;
          const imaginary = im[b] * c - re[b] * s;
          re[b] = re[a] - real;
          im[b] = im[a] - imaginary;
          re[a] += real;
          im[a] += imaginary;
        }
      }
    }
  }
}

/** One window length's analysis; everything it needs is allocated once, for it runs in the audio thread. */
export class Analyser {
  /** @param {number} window samples */
  constructor(window) {
    this.hann = Float64Array.from({ length: window }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / window));
    this.fourier = new Fourier(2 * window); // padded, so that the autocorrelation does not wrap around
    this.re = new Float64Array(2 * window);
    this.im = new Float64Array(2 * window);
    this.power = new Float64Array(window);
    this.likeness = new Float64Array(window);
    this.own = new Float64Array(window).fill(1);
    this.#correlate(this.hann);
    this.own = this.likeness.slice();
    Object.freeze(this);
  }

  /**
   * Fills `power`, bin by bin, and `likeness`: the normalised autocorrelation, lag by lag, with the window's own divided out
   * (Boersma, "Accurate short-term analysis of the fundamental frequency", 1993).
   * @param {Float32Array} samples a window of them
   */
  analyse(samples) {
    let mean = 0;
    for (const sample of samples) mean += sample / samples.length;
    this.#correlate(this.hann, samples, mean);
  }

  /** @param {Float64Array} hann @param {Float32Array} [samples] @param {number} [mean] */
  #correlate(hann, samples, mean = 0) {
    const { re, im, power, likeness, own } = this;
    re.fill(0);
    im.fill(0);
    for (let i = 0; i < hann.length; i++) re[i] = samples ? (samples[i] - mean) * hann[i] : hann[i];
    this.fourier.transform(re, im);
    for (let i = 0; i < re.length; i++) {
      re[i] = re[i] * re[i] + im[i] * im[i];
      im[i] = 0;
    }
    for (let i = 0; i < power.length; i++) power[i] = re[i];
    this.fourier.transform(re, im); // of an even function: its own inverse, but for a factor
    const whole = re[0] || 1;
    for (let lag = 0; lag < likeness.length; lag++) likeness[lag] = re[lag] / whole / (own[lag] || 1);
  }
}
