/** The agent's voice: into the worklet, in order and once; out comes the account of what was really heard. */

import { VOICE_RATE } from './wire.js';

const OPTIONS = Object.freeze({ rate: VOICE_RATE, prebufferMs: 80, fadeMs: 5, reportMs: 200 });

/** @typedef {{what: 'playing' | 'underrun' | 'ended' | 'flushed', turn: number, ms: number}} Report */

export class Player {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {AudioWorkletNode | null} */
  #node = null;
  /** @type {{message: object, transfer: Transferable[]}[]} what came before the worklet was there */
  #early = [];
  #turn = -1;
  #seq = -1;
  #silenced = -1;
  #passedMs = 0;
  /** @type {number | null} */
  #sounding = null;
  /** @type {Map<number, ((ms: number) => void)[]>} turn -> who waits for its silence */
  #flushing = new Map();

  /**
   * @param {(turn: number, ms: number) => void} onPlayed
   * @param {(turn: number | null) => void} onSounding the turn that begins to sound, or null: silence
   */
  constructor(onPlayed, onSounding) {
    this.onPlayed = onPlayed;
    this.onSounding = onSounding;
    /** @type {AnalyserNode | null} */
    this.analyser = null;
  }

  get sounding() {
    return this.#sounding;
  }

  /**
   * Call it in the click itself: only then may a page make sound.
   * @returns {Promise<boolean>} false: this browser can't, or not on this page
   */
  async start() {
    if (this.#context) {
      this.resume();
      return true;
    }
    if (!window.isSecureContext || !('AudioWorkletNode' in window)) return false;
    const context = makeContext();
    this.#context = context;
    if (context.state !== 'running') void context.resume();
    try {
      await context.audioWorklet.addModule(new URL('../worklets/playback.js', import.meta.url));
    } catch {
      if (this.#context !== context) return true; // stopped meanwhile: no fault
      this.stop();
      return false;
    }
    if (this.#context !== context) return true;
    const node = new AudioWorkletNode(context, 'playback', {
      numberOfInputs: 0,
      outputChannelCount: [1],
      processorOptions: OPTIONS,
    });
    node.port.onmessage = ({ data }) => this.#report(data);
    this.analyser = new AnalyserNode(context, { fftSize: 512, smoothingTimeConstant: 0.6 });
    node.connect(this.analyser).connect(context.destination);
    this.#node = node;
    for (const { message, transfer } of this.#early.splice(0)) node.port.postMessage(message, transfer);
    return true;
  }

  /** @param {{turn: number, seq: number, pcm: ArrayBuffer | Uint8Array}} audio */
  push({ turn, seq, pcm }) {
    if (turn <= this.#silenced) return; // it was on its way when the turn was interrupted
    if (turn < this.#turn || (turn === this.#turn && seq <= this.#seq)) return; // sent again after a reconnection
    if (turn > this.#turn) this.#passedMs = 0;
    this.#turn = turn;
    this.#seq = seq;
    if (!this.#context) return this.#passBy(turn, pcm.byteLength);
    const buffer = pcm instanceof ArrayBuffer ? pcm : pcm.slice().buffer;
    this.#post({ type: 'push', turn, pcm: buffer }, [buffer]);
    if (this.#sounding !== turn) this.#sound(turn);
  }

  /**
   * Where no voice can sound, the person reads: what has come counts as played, or the server would hold the rest back.
   * @param {number} turn @param {number} bytes
   */
  #passBy(turn, bytes) {
    this.#passedMs += (bytes * 500) / VOICE_RATE;
    this.onPlayed(turn, this.#passedMs);
  }

  /** No more of this turn comes. @param {number} turn */
  end(turn) {
    this.#post({ type: 'end', turn });
  }

  /**
   * Silent within one render quantum; what still arrives of this turn or an earlier one is dropped.
   * @param {number} turn
   * @returns {Promise<number>} how much of the turn was heard, in ms
   */
  flush(turn) {
    this.#silenced = Math.max(this.#silenced, turn);
    if (this.#sounding !== null && this.#sounding <= turn) this.#sound(null);
    if (!this.#node) {
      this.#early = [];
      return Promise.resolve(this.#context ? 0 : this.#passedMs);
    }
    this.#post({ type: 'flush', turn });
    return new Promise((resolve) => this.#flushing.set(turn, [...(this.#flushing.get(turn) ?? []), resolve]));
  }

  get open() {
    return this.#node !== null;
  }

  /** The way to the microphone, audio thread to audio thread. @param {MessagePort} port */
  attach(port) {
    this.#node?.port.postMessage({ type: 'microphone', port }, [port]);
  }

  resume() {
    if (this.#context && this.#context.state !== 'running') void this.#context.resume();
  }

  stop() {
    this.#node?.port.postMessage({ type: 'close' });
    if (this.#context) void this.#context.close();
    for (const waiting of this.#flushing.values()) waiting.forEach((resolve) => resolve(0));
    this.#flushing.clear();
    this.#context = this.#node = this.analyser = null;
    this.#early = [];
    this.#turn = this.#seq = this.#silenced = -1;
    this.#sound(null);
  }

  /** @param {object} message @param {Transferable[]} [transfer] */
  #post(message, transfer = []) {
    if (this.#node) this.#node.port.postMessage(message, transfer);
    else if (this.#context) this.#early.push({ message, transfer });
  }

  /** @param {Report} report */
  #report({ what, turn, ms }) {
    if (what === 'flushed') {
      this.#flushing.get(turn)?.shift()?.(ms);
      if (this.#flushing.get(turn)?.length === 0) this.#flushing.delete(turn);
      return;
    }
    if (what === 'ended' && this.#sounding === turn) this.#sound(null);
    this.onPlayed(turn, ms);
  }

  /** @param {number | null} turn */
  #sound(turn) {
    if (turn === this.#sounding) return;
    this.#sounding = turn;
    this.onSounding(turn);
  }
}

/** At the voice's own rate where the browser agrees; the worklet resamples where it does not. */
function makeContext() {
  try {
    return new AudioContext({ sampleRate: VOICE_RATE, latencyHint: 'interactive' });
  } catch {
    return new AudioContext({ latencyHint: 'interactive' });
  }
}
