/** What the person shows: the sources they turn on, the frames of them on their way to the model, and why none leaves. */

import { mayLeave } from './edits.js';
import { Editor } from './editor.js';
import { Frames, GRID } from './frames.js';
import { Easel } from './jpegs.js';
import { Seen } from './seen.js';
import { stateWord } from './session.js';
import { Showing } from './showing.js';
import { NoSource, Source } from './source.js';

/** @typedef {import('./frames.js').Name} Name */
/** @typedef {import('./session.js').State} State */

/**
 * @typedef {object} Shell
 * @property {(event: string, map: object) => Promise<any>} ask answers null while no conversation runs
 * @property {() => boolean} lagging the person's voice is behind on its way up
 * @property {() => AnalyserNode | null} ears what the microphone hears
 * @property {(event: import('./session.js').Event) => void} dispatch
 * @property {(how: {voice: boolean}) => void} begin a conversation, unless one is under way
 * @property {(files: Iterable<File>) => void} pictures the person gives pictures
 * @property {(source: Name) => void} closer the person wants the agent to look closer
 */

/** How often the sources are looked at, in ms. Not `requestVideoFrameCallback`: a shared page that stands still delivers one frame. */
const LOOK_MS = 250;
/** The longest side of a frame in pixels: text of an ordinary page can be read. */
const LONGEST = 1_024;
/** What a server takes that does not say. */
const FRAME_BYTES = 250_000;
/** Root mean square from which on it is the person who is heard, and how long it stays speech after that. In ms. */
const LOUD = { level: 0.02, staysMs: 800 };
/** Changed settings are in force at the model this much later at most: then it may have forgotten what it saw. In ms. */
const SETTLED_MS = 6_000;
/** States in which the model is reached. */
const REACHED = new Set(['listening', 'thinking', 'speaking']);
const NAMES = /** @type {const} */ (['camera', 'screen']);

export class Show {
  #frames = new Frames(FRAME_BYTES);
  #easels = { camera: new Easel(), screen: new Easel() };
  #seen = new Seen();
  #editor = new Editor((source) => this.#frames.renew(source));
  #showing;
  #sources;
  /** @type {State | null} */
  #state = null;
  #reached = false;
  #drawing = false;
  #timer = 0;
  #settling = 0;
  #loudAt = -Infinity;
  #heardAt = 0;
  /** @type {Map<Name, string | null>} what was told of each */
  #held = new Map();

  /** @param {Shell} shell */
  constructor(shell) {
    this.shell = shell;
    this.#showing = new Showing({
      toggle: (source) => this.toggle(source),
      flip: () => void this.#open('camera', (camera) => camera.flip()),
      closer: shell.closer,
      pictures: shell.pictures,
    });
    const source = (/** @type {Name} */ name) => new Source(name, this.#showing.video(name), (reason) => this.#tell(name, 'off', reason));
    this.#sources = { camera: source('camera'), screen: source('screen') };
  }

  // ---- what the person does

  /** Turn a source on or off; on an idle page this begins the conversation. @param {Name} name */
  toggle(name) {
    const state = this.#state?.sources[name];
    if (state === 'asking') return;
    if (state === 'on') this.#close(name);
    else if (name === 'camera') {
      this.shell.begin({ voice: true });
      void this.#open(name, (camera) => camera.start());
    } else void this.#open(name, (screen) => screen.start()).then((shared) => shared && this.shell.begin({ voice: true }));
  }

  /** @param {Name} name @param {(source: Source) => Promise<boolean>} how */
  async #open(name, how) {
    this.#tell(name, 'asking');
    try {
      if (!(await how(this.#sources[name]))) return false;
      this.#tell(name, 'on');
      if (name === 'camera') this.#showing.offerFlip(await this.#sources.camera.hasOther());
      return true;
    } catch (error) {
      if (!(error instanceof NoSource)) throw error;
      this.#tell(name, 'off', error.reason);
      return false;
    }
  }

  /** @param {Name} name */
  #close(name) {
    this.#sources[name].stop();
    this.#tell(name, 'off');
  }

  /** All tracks end. */
  stop() {
    for (const name of NAMES) if (this.#state?.sources[name] !== 'off') this.#close(name);
  }

  /** @param {Name} source @param {'off' | 'asking' | 'on'} state @param {import('./source.js').SourceReason} [reason] */
  #tell(source, state, reason) {
    this.shell.dispatch({ type: 'source', source, state, reason });
  }

  // ---- what the page knows

  /** @param {State} state @param {import('./session.js').Event['type']} event what has just changed it */
  render(state, event) {
    const before = this.#state;
    this.#state = state;
    this.#showing.render(state);
    for (const name of NAMES) {
      const [was, is] = [before?.sources[name] ?? 'off', state.sources[name]];
      if (is === 'off' && was !== 'off') {
        this.#sources[name].stop(); // the conversation is over
        this.#editor.detach(name);
      }
      if (is === 'on' && was !== 'on') this.#begins(name);
      if (was === 'on' && is !== 'on') this.#ends(name);
    }
    const bytes = state.config?.limits.frame_bytes;
    if (bytes && bytes !== before?.config?.limits.frame_bytes) this.#frames.most = bytes;
    if (event === 'begin' && state.turns.length === 0) this.#seen.clear();
    if (event === 'started') this.#frames.reconnected();
    if (event === 'configured') {
      clearTimeout(this.#settling);
      this.#settling = window.setTimeout(() => this.#frames.renew(), SETTLED_MS);
    }
    const reached = state.phase === 'live' && REACHED.has(stateWord(state));
    if (reached && !this.#reached) this.#frames.renew();
    this.#reached = reached;
  }

  /** @param {Name} name */
  #begins(name) {
    this.#heardAt = performance.now(); // who has just begun to show something is there
    this.#editor.attach(name, this.#sources[name].video);
    this.#frames.add(name);
    this.#running();
  }

  /** @param {Name} name */
  #ends(name) {
    this.#frames.remove(name);
    this.#editor.doubt(name); // where another camera comes, what was hidden may lie elsewhere
    this.#held.delete(name);
    this.#running();
  }

  #running() {
    const running = NAMES.filter((name) => this.#state?.sources[name] === 'on');
    this.#seen.show(running);
    clearInterval(this.#timer);
    if (running.length > 0) this.#timer = window.setInterval(() => this.#look(), LOOK_MS);
  }

  // ---- frames

  /** The bounds of a JPEG that is large, and yet arrives within a few seconds on the path as it is known. @param {number} most */
  stillBytes(most) {
    return this.shell.lagging() ? Math.min(most, 8 * this.#frames.budget) : most;
  }

  /** @param {Name} name */
  edits(name) {
    return this.#editor.edits(name);
  }

  /** @param {Name} name */
  source(name) {
    return this.#sources[name];
  }

  /** A picture that went by another way. @param {{blob: Blob, width: number, height: number}} picture */
  saw(picture) {
    this.#seen.sent('picture', picture);
  }

  get #longest() {
    return Math.min(LONGEST, this.#state?.config?.limits.frame_side ?? LONGEST);
  }

  #look() {
    const now = performance.now();
    const moment = this.#moment(now);
    for (const name of this.#held.keys()) if (this.#state?.sources[name] !== 'on') this.#held.delete(name);
    for (const name of NAMES) if (this.#state?.sources[name] === 'on') this.#hold(name, moment.lagging);
    if (this.#drawing || !this.#reached) return;
    for (const name of this.#frames.due(now, moment)) {
      const { sees, video } = this.#sources[name];
      const edits = this.#editor.edits(name);
      if (!sees || !edits || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) continue;
      const signature = this.#easels[name].signature(video, edits, { longest: this.#longest, grid: GRID[name] });
      if (!signature || !this.#frames.wants(name, signature)) continue;
      void this.#send(name, edits, signature);
      return;
    }
  }

  /** @param {number} now @returns {import('./frames.js').Moment} */
  #moment(now) {
    if (this.#state?.mic === 'on' && loudness(this.shell.ears()) > LOUD.level) this.#loudAt = now;
    const speaking = now - this.#loudAt < LOUD.staysMs;
    if (speaking || this.#state?.sounding !== null) this.#heardAt = now;
    return { speaking, quietMs: now - this.#heardAt, lagging: this.shell.lagging() };
  }

  /** Say why nothing leaves, once. @param {Name} name @param {boolean} lagging */
  #hold(name, lagging) {
    const why = !this.#reached ? 'away' : lagging ? 'voice' : this.#editor.held(name);
    if (why === (this.#held.get(name) ?? null)) return;
    this.#held.set(name, why);
    this.#seen.held(name, why);
  }

  /** @param {Name} name @param {import('./edits.js').Edits} edits @param {import('./frames.js').Signature} signature */
  async #send(name, edits, signature) {
    this.#drawing = true;
    let frame;
    let jpeg;
    try {
      frame = await this.#easels[name].jpeg(this.#sources[name].video, edits, { longest: this.#longest, bytes: this.#frames.budget });
      jpeg = await frame?.jpeg.arrayBuffer();
    } finally {
      this.#drawing = false;
    }
    // Meanwhile the person may have stopped it, or hidden something.
    if (!frame || !jpeg || this.#state?.sources[name] !== 'on' || !mayLeave(edits, this.#editor.edits(name))) return;
    const seq = this.#frames.left(name, signature, { bytes: jpeg.byteLength, poor: frame.poor }, performance.now());
    const answer = await this.shell.ask('frame', { source: name, seq, jpeg });
    if (!answer || answer.error) {
      this.#frames.lost(seq);
      if (answer?.error) this.#seen.held(name, 'refused', answer.error.message);
      return;
    }
    this.#frames.answered(seq, answer.sent, performance.now());
    if (answer.sent) this.#seen.sent(name, { blob: frame.jpeg, ...frame.size });
    else this.#seen.held(name, 'unsent');
  }
}

const samples = new Float32Array(512);

/** Root mean square of what was heard last. @param {AnalyserNode | null} ears */
function loudness(ears) {
  if (!ears) return 0;
  ears.getFloatTimeDomainData(samples);
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}
