/**
 * The dial: a ring of fine marks around the state. The agent's voice moves them outward, the person's inward; waiting is a light that
 * goes round, loading fills it. Where less motion is asked for, marks only light up, in steps.
 */

const MARKS = 96;
const LONG_EVERY = 8;
/** Shares of the canvas's side. */
const RADIUS = 0.345;
const REACH_OUT = 0.13;
const REACH_IN = 0.1; // the state's word has to stay free
const MARK = 0.014;

const WAITING = new Set(['connecting', 'reconnecting', 'resuming', 'draining', 'thinking']);
const STILL = new Set(['idle', 'ended', 'held', 'unavailable', 'needs_token']);
/** Voices lie between these, in Hz. */
const BAND = [90, 5_000];
const CALM_STEP_MS = 250;

/** @typedef {{word: string, progress: number, user: AnalyserNode | null, agent: AnalyserNode | null}} Look */

export class Dial {
  /** @type {Look} */
  #look = { word: 'connecting', progress: 0, user: null, agent: null };
  #frame = 0;
  #drawnAt = 0;
  #user = new Spectrum();
  #agent = new Spectrum();
  #calm = matchMedia('(prefers-reduced-motion: reduce)');

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const again = () => this.#ask();
    new ResizeObserver(again).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again);
    this.#calm.addEventListener('change', again);
  }

  /** @param {Look} look */
  show(look) {
    this.#look = look;
    this.#ask();
  }

  #ask() {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      if (!this.#calm.matches || now - this.#drawnAt > CALM_STEP_MS || this.#still) this.#draw(now);
      if (!this.#still) this.#ask();
    });
  }

  /** Nothing moves: draw once. */
  get #still() {
    return STILL.has(this.#look.word) && this.#user.silent && this.#agent.silent;
  }

  /** @param {number} now ms */
  #draw(now) {
    this.#drawnAt = now;
    const { canvas, pen } = this;
    const side = canvas.clientWidth;
    const ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(side * ratio)) canvas.width = canvas.height = Math.round(side * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, side, side);
    pen.translate(side / 2, side / 2);
    pen.lineCap = 'round';
    this.#user.read(this.#look.user);
    this.#agent.read(this.#look.agent);
    const style = getComputedStyle(canvas);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const colours = { rest: colour('--dial'), ink: colour('--ink'), user: colour('--user-mark'), agent: colour('--agent') };
    for (let i = 0; i < MARKS; i++) this.#mark(i, now, side, colours);
  }

  /** @param {number} i @param {number} now @param {number} side @param {Record<'rest' | 'ink' | 'user' | 'agent', string>} colours */
  #mark(i, now, side, colours) {
    const { pen } = this;
    const calm = this.#calm.matches;
    const radius = RADIUS * side;
    const half = (MARK * side * (i % LONG_EVERY === 0 ? 1.9 : 1)) / 2;
    const glow = this.#glow(i / MARKS, now, calm);
    const out = calm ? 0 : this.#agent.at(i) * REACH_OUT * side;
    const into = calm ? 0 : this.#user.at(MARKS / 2 - i) * REACH_IN * side;
    pen.save();
    pen.rotate((i / MARKS) * 2 * Math.PI);
    const stroke = (/** @type {number} */ from, /** @type {number} */ to, /** @type {string} */ style, /** @type {number} */ width) => {
      pen.strokeStyle = style;
      pen.lineWidth = width;
      pen.beginPath();
      pen.moveTo(0, -from);
      pen.lineTo(0, -to);
      pen.stroke();
    };
    const own = i < MARKS / 4 || i > (3 * MARKS) / 4 ? colours.agent : colours.user;
    stroke(radius - half, radius + half, this.#still && i % LONG_EVERY === 0 ? own : colours.rest, 1.5);
    if (glow > 0.02) {
      pen.globalAlpha = glow;
      stroke(radius - half, radius + half, colours.ink, 2);
      pen.globalAlpha = 1;
    }
    if (calm) {
      if (this.#agent.lit(i)) stroke(radius + half, radius + half * 3, colours.agent, 2);
      if (this.#user.lit(i)) stroke(radius - half, radius - half * 3, colours.user, 2);
    }
    if (out > 0.6) stroke(radius + half, radius + half + out, colours.agent, 2);
    if (into > 0.6) stroke(radius - half, radius - half - into, colours.user, 2);
    pen.restore();
  }

  /** How brightly a mark is lit by the state itself. @param {number} place 0 to 1 around the dial @param {number} now @param {boolean} calm */
  #glow(place, now, calm) {
    const { word, progress } = this.#look;
    if (word === 'loading') return place < progress ? 1 : 0;
    if (calm) return WAITING.has(word) ? 0.4 : 0;
    if (WAITING.has(word)) {
      const head = (now / 2400) % 1;
      return Math.max(0, 1 - ((head - place + 1) % 1) * 3);
    }
    if (word === 'listening') return 0.22 + 0.18 * Math.sin(now / 900);
    return 0;
  }
}

/** The levels of one voice in as many bands as half the dial has marks, mirrored to both sides; quick to rise, slow to fall. */
class Spectrum {
  bands = new Float32Array(MARKS / 2 + 1);
  level = 0;
  /** @type {Uint8Array<ArrayBuffer>} */
  bins = new Uint8Array(0);

  get silent() {
    return this.level < 0.01;
  }

  /** @param {AnalyserNode | null} analyser */
  read(analyser) {
    const count = this.bands.length;
    let sum = 0;
    if (analyser) {
      if (this.bins.length !== analyser.frequencyBinCount) this.bins = new Uint8Array(analyser.frequencyBinCount);
      analyser.getByteFrequencyData(this.bins);
    }
    const perHz = analyser ? analyser.fftSize / analyser.context.sampleRate : 0;
    for (let band = 0; band < count; band++) {
      const hz = BAND[0] * (BAND[1] / BAND[0]) ** (band / (count - 1));
      const value = analyser ? (this.bins[Math.round(hz * perHz)] / 255) ** 1.6 : 0;
      this.bands[band] = Math.max(value, this.bands[band] * 0.86);
      sum += this.bands[band];
    }
    this.level = sum / count;
  }

  /** @param {number} mark any number: the dial goes round */
  at(mark) {
    const place = ((mark % MARKS) + MARKS) % MARKS;
    const band = Math.min(place, MARKS - place);
    return Math.max(0, 0.75 * this.bands[band] + 0.25 * this.level - 0.06);
  }

  /** Whether the calm dial lights this mark: from the top to both sides, in eight steps. @param {number} mark */
  lit(mark) {
    return Math.min(mark, MARKS - mark) < (Math.round(Math.min(1, this.level * 2) * 8) / 8) * (MARKS / 2);
  }
}
