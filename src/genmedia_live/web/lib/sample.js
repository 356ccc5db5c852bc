/** A sentence in a voice, to hear before one chooses. */

import { byId, setText } from './dom.js';

const NO_SAMPLES = 'This server can’t play its voices beforehand.';
const FAILED = 'There is no sample of this voice.';

/** After so long without a sample the speaker is let go, in ms. */
const REST_MS = 1_000;

export class Sample {
  #button = byId('sample', HTMLButtonElement);
  #reason = byId('sample-reason', HTMLElement);
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {AbortController | null} what is asked for, or plays */
  #play = null;
  #offered = false;
  #rest = 0;

  /** @param {() => string} voice the one that is chosen */
  constructor(voice) {
    this.voice = voice;
    this.#button.addEventListener('click', () => {
      if (this.#play) this.stop();
      else void this.#start();
    });
  }

  /** Whether the server has samples, and nobody talks. @param {boolean} offered @param {boolean} talking */
  allow(offered, talking) {
    if (talking) this.stop();
    this.#offered = offered;
    this.#button.disabled = !offered || talking;
    this.#say(!offered ? NO_SAMPLES : '');
  }

  stop() {
    this.#play?.abort();
    this.#play = null;
    clearTimeout(this.#rest);
    this.#rest = window.setTimeout(() => void this.#context?.suspend(), REST_MS);
    this.#show('idle', 'Play');
    if (this.#offered) this.#say('');
  }

  async #start() {
    this.stop();
    const play = (this.#play = new AbortController());
    this.#show('playing', 'Stop');
    clearTimeout(this.#rest);
    this.#context ??= new AudioContext();
    const context = this.#context;
    try {
      const [sound] = await Promise.all([this.#fetch(context, play.signal), context.resume()]);
      play.signal.throwIfAborted();
      const source = new AudioBufferSourceNode(context, { buffer: sound });
      source.connect(context.destination);
      play.signal.addEventListener('abort', () => source.stop());
      source.addEventListener('ended', () => this.#play === play && this.stop());
      source.start();
    } catch (error) {
      if (play.signal.aborted) return;
      this.stop();
      this.#say(error instanceof NoSample ? error.message : FAILED);
    }
  }

  /** @param {AudioContext} context @param {AbortSignal} signal */
  async #fetch(context, signal) {
    const response = await fetch(`/api/voices/${encodeURIComponent(this.voice())}/sample`, { signal });
    if (response.ok) return context.decodeAudioData(await response.arrayBuffer());
    const { detail } = await response.json();
    throw new NoSample(detail ?? FAILED);
  }

  /** @param {'idle' | 'playing'} state @param {string} label */
  #show(state, label) {
    this.#button.dataset.state = state;
    setText(byId('sample-label', HTMLElement), label);
  }

  /** @param {string} reason */
  #say(reason) {
    setText(this.#reason, reason);
    this.#reason.hidden = reason === '';
  }
}

/** The server's own sentence on why there is none. */
class NoSample extends Error {}
