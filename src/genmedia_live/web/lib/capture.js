/** The microphone: ask for it, cut its voice into frames of 16 kHz PCM, mute it, notice when it goes. */

import { MIC_RATE } from './wire.js';

/** `ideal`, so that no device is refused for what it can't do. */
const CONSTRAINTS = Object.freeze({
  channelCount: { ideal: 1 },
  echoCancellation: { ideal: true },
  noiseSuppression: { ideal: true },
  autoGainControl: { ideal: true },
});

/** @typedef {import('./words.js').MicReason} MicReason */
/** @typedef {'open' | 'guard' | 'press'} Mode see the worklet */

/** The names that getUserMedia gives (W3C Media Capture, 10.2). @type {Record<string, MicReason>} */
const REASONS = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'none',
  OverconstrainedError: 'none',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

/** There is no microphone to be had; `reason` says why. */
export class NoMicrophone extends Error {
  /** @param {MicReason} reason @param {unknown} [cause] */
  constructor(reason, cause) {
    super(`No microphone: ${reason}`, { cause });
    this.reason = reason;
  }
}

export class Microphone {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {MediaStream | null} */
  #stream = null;
  /** @type {AudioWorkletNode | null} */
  #node = null;
  #muted = false;
  #frameMs = 40;
  /** @type {Mode} */
  #mode = 'open';
  #attempts = 0;

  /**
   * @param {(pcm: ArrayBuffer) => void} onFrame
   * @param {() => void} onLost the device was unplugged, or its permission withdrawn
   * @param {(what: 'interruption' | 'released') => void} onWord the person breaks in; or the last frame of a press has been given
   */
  constructor(onFrame, onLost, onWord) {
    this.onFrame = onFrame;
    this.onLost = onLost;
    this.onWord = onWord;
    /** @type {AnalyserNode | null} */
    this.analyser = null;
  }

  get open() {
    return this.#node !== null;
  }

  /** Whether the browser takes the agent's voice out of what the microphone hears. */
  get cancelsEcho() {
    const [track] = this.#stream?.getAudioTracks() ?? [];
    return Boolean(track?.getSettings().echoCancellation); // Chromium also has 'all' and 'remote-only'
  }

  /**
   * Call it in the click itself: the context is made before anything is waited for, as browsers ask.
   * @returns {Promise<boolean>} false: stopped meanwhile
   * @throws {NoMicrophone}
   */
  async start() {
    if (!navigator.mediaDevices?.getUserMedia || !window.isSecureContext) throw new NoMicrophone('insecure');
    this.stop();
    const attempt = this.#attempts;
    try {
      this.#context = makeContext(MIC_RATE);
      const stream = await navigator.mediaDevices.getUserMedia({ audio: CONSTRAINTS });
      if (attempt !== this.#attempts) {
        stream.getTracks().forEach((track) => track.stop());
        return false;
      }
      this.#stream = stream;
      await this.#listen(stream);
      return attempt === this.#attempts;
    } catch (error) {
      if (attempt !== this.#attempts) return false;
      this.stop();
      throw new NoMicrophone(REASONS[error instanceof DOMException ? error.name : ''] ?? 'failed', error);
    }
  }

  /** @param {MediaStream} stream */
  async #listen(stream) {
    const source = this.#connect(stream);
    const context = /** @type {AudioContext} */ (this.#context);
    await context.audioWorklet.addModule(new URL('../worklets/capture.js', import.meta.url));
    if (this.#context !== context) return; // stopped meanwhile
    const node = new AudioWorkletNode(context, 'capture', {
      numberOfOutputs: 0,
      processorOptions: { rate: MIC_RATE, frameMs: this.#frameMs },
    });
    node.port.onmessage = ({ data }) => {
      if (this.#node !== node) return;
      if (data.what) this.onWord(data.what);
      else if (!this.#muted) this.onFrame(data.pcm); // a frame may be on its way when the button is pressed
    };
    this.analyser = new AnalyserNode(context, { fftSize: 512, smoothingTimeConstant: 0.6 });
    source.connect(this.analyser);
    source.connect(node);
    this.#node = node;
    const [track] = stream.getAudioTracks();
    track.addEventListener('ended', () => {
      if (this.#stream !== stream) return;
      this.stop();
      this.onLost();
    });
    node.port.postMessage({ type: 'mode', mode: this.#mode });
    this.mute(this.#muted);
    if (context.state !== 'running') await context.resume();
  }

  /** Older Firefox refuses a microphone in a context of another rate: then the worklet resamples. @param {MediaStream} stream */
  #connect(stream) {
    const context = /** @type {AudioContext} */ (this.#context);
    try {
      return context.createMediaStreamSource(stream);
    } catch {
      void context.close();
      this.#context = makeContext();
      return this.#context.createMediaStreamSource(stream);
    }
  }

  /** Muted means muted: the track is silent, the worklet drops it, and what is on its way is not passed on. @param {boolean} on */
  mute(on) {
    this.#muted = on;
    this.#node?.port.postMessage({ type: 'mute', on });
    this.#stream?.getAudioTracks().forEach((track) => {
      track.enabled = !on;
    });
  }

  /** @param {number} ms the length of a frame */
  setFrame(ms) {
    this.#frameMs = ms;
    this.#node?.port.postMessage({ type: 'frame', ms });
  }

  /** What may hold the voice back. @param {Mode} mode */
  setMode(mode) {
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.#node?.port.postMessage({ type: 'mode', mode });
  }

  /** The button of push-to-talk. @param {boolean} on */
  press(on) {
    this.#node?.port.postMessage({ type: 'press', on });
  }

  /** The way to the player, audio thread to audio thread. @param {MessagePort} port */
  attach(port) {
    this.#node?.port.postMessage({ type: 'player', port }, [port]);
  }

  /** After a phone call or a lock screen the context stands still. */
  resume() {
    if (this.#context && this.#context.state !== 'running') void this.#context.resume();
  }

  stop() {
    this.#attempts += 1;
    this.#node?.port.postMessage({ type: 'close' });
    this.#stream?.getTracks().forEach((track) => track.stop());
    if (this.#context && this.#context.state !== 'closed') void this.#context.close();
    this.#context = this.#stream = this.#node = this.analyser = null;
    this.#muted = false;
  }
}

/** @param {number} [sampleRate] */
function makeContext(sampleRate) {
  return new AudioContext({ latencyHint: 'interactive', ...(sampleRate && { sampleRate }) });
}
