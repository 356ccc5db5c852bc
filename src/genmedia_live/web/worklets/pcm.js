/** Sample arithmetic shared by the worklets and the tests. Pure: no DOM, no AudioWorklet globals. */

/**
 * Float samples to 16-bit ones. Clamps first: an unclamped +1.0 wraps to -32768, a click on every clipped peak.
 * @param {Float32Array} samples
 * @returns {Int16Array<ArrayBuffer>}
 */
export function toPcm16(samples) {
  const out = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    out[i] = Math.max(-32768, Math.min(32767, Math.round(samples[i] * 32768)));
  }
  return out;
}

/**
 * @param {Int16Array} pcm
 * @returns {Float32Array<ArrayBuffer>}
 */
export function toFloat(pcm) {
  const out = new Float32Array(pcm.length);
  for (let i = 0; i < pcm.length; i++) out[i] = pcm[i] / 32768;
  return out;
}

/**
 * The mean of all channels; a single channel passes as it is.
 * @param {Float32Array[]} channels
 * @returns {Float32Array}
 */
export function toMono(channels) {
  if (channels.length === 1) return channels[0];
  const out = new Float32Array(channels[0].length);
  for (const channel of channels) {
    for (let i = 0; i < out.length; i++) out[i] += channel[i] / channels.length;
  }
  return out;
}

/** Cuts a stream of blocks of any length into frames of one length. */
export class Framer {
  /** @param {number} size samples in a frame */
  constructor(size) {
    this.frame = new Float32Array(size);
    this.filled = 0;
    Object.seal(this);
  }

  /**
   * @param {Float32Array} samples
   * @param {(frame: Float32Array) => void} emit the frame is used again: take what you need before you return
   */
  push(samples, emit) {
    while (samples.length > 0) {
      const room = this.frame.length - this.filled;
      const part = samples.subarray(0, room);
      this.frame.set(part, this.filled);
      this.filled += part.length;
      samples = samples.subarray(part.length);
      if (this.filled === this.frame.length) {
        this.filled = 0;
        emit(this.frame);
      }
    }
  }

  /**
   * The unfinished frame as it is, or made longer by silence; nothing, when there is none.
   * @param {number} least samples
   * @param {(frame: Float32Array) => void} emit
   */
  finish(least, emit) {
    if (this.filled === 0) return;
    const frame = new Float32Array(Math.max(least, this.filled));
    frame.set(this.frame.subarray(0, this.filled));
    this.filled = 0;
    emit(frame);
  }

  /** From now on frames have this length; the unfinished one is dropped. @param {number} size */
  resize(size) {
    this.frame = new Float32Array(size);
    this.filled = 0;
  }

  /** Forget the unfinished frame. */
  clear() {
    this.filled = 0;
  }
}
