/**
 * What passes a point of the audio graph, told from the audio thread: when sound begins and ends, and every sample.
 * Out: {type: 'sound' | 'silence', at, frame} and {type: 'pcm', frame, pcm: ArrayBuffer}. `at` is epoch ms, `frame` the context's own count.
 */

const BLOCK = 4096;
/** A pause shorter than this is part of the sound, in seconds. */
const PAUSE = 0.1;

class Tap extends AudioWorkletProcessor {
  constructor({ processorOptions: { level } }) {
    super();
    this.level = level;
    this.loud = false;
    /** When the quiet began, while it is not yet sure to last. */
    this.quiet = null;
    this.block = new Int16Array(BLOCK);
    this.filled = 0;
    this.first = 0;
    this.open = true;
    this.port.onmessage = () => this.send();
  }

  send() {
    const pcm = this.block.slice(0, this.filled).buffer;
    this.port.postMessage({ type: 'pcm', frame: this.first, pcm }, [pcm]);
    this.filled = 0;
  }

  process([[input]]) {
    const now = { at: Date.now(), frame: currentFrame };
    let peak = 0;
    if (this.filled === 0) this.first = currentFrame;
    for (let i = 0; i < 128; i++) {
      const sample = input ? input[i] : 0;
      this.block[this.filled + i] = Math.round(sample * 32768);
      peak = Math.max(peak, Math.abs(sample));
    }
    this.filled += 128;
    if (this.filled === BLOCK) this.send();
    if (peak > this.level) {
      if (!this.loud) this.port.postMessage({ type: 'sound', ...now });
      this.loud = true;
      this.quiet = null;
    } else if (this.loud) {
      this.quiet ??= now;
      if (currentFrame - this.quiet.frame > PAUSE * sampleRate) {
        this.port.postMessage({ type: 'silence', ...this.quiet });
        this.loud = false;
        this.quiet = null;
      }
    }
    return true;
  }
}

registerProcessor('e2e-tap', Tap);
