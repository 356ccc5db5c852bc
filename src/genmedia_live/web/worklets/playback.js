/// <reference path="../types/audioworklet.d.ts" />
/**
 * 16-bit PCM at `rate` to the speaker, by way of the queue.
 * In:  {type: 'push', turn, pcm} · {type: 'end', turn} · {type: 'flush', turn} · {type: 'close'}
 *      {type: 'microphone', port}: where 'duck' and 'restore' come from, and {sounds} goes
 * Out: {what: 'playing' | 'underrun' | 'ended' | 'flushed', turn, ms}
 */

import { Ducker } from './ducker.js';
import { toFloat } from './pcm.js';
import { PlaybackQueue } from './queue.js';
import { Resampler } from './resampler.js';

class PlaybackProcessor extends AudioWorkletProcessor {
  /** @param {{processorOptions: {rate: number, prebufferMs: number, fadeMs: number, reportMs: number}}} options */
  constructor({ processorOptions: { rate, prebufferMs, fadeMs, reportMs } }) {
    super();
    const samples = (/** @type {number} */ ms) => Math.round((ms * sampleRate) / 1000);
    this.queue = new PlaybackQueue({
      prebuffer: samples(prebufferMs),
      fade: Math.min(128, samples(fadeMs)), // a render quantum: the flush is done when it has been rendered
      reportEvery: samples(reportMs),
    });
    this.resampler = sampleRate === rate ? null : new Resampler(rate, sampleRate);
    this.ducker = new Ducker(sampleRate);
    /** @type {MessagePort | null} */
    this.microphone = null;
    this.sounds = false;
    this.open = true;
    this.port.onmessage = ({ data }) => this.receive(data);
  }

  /**
   * @param {{type: 'push', turn: number, pcm: ArrayBuffer} | {type: 'end' | 'flush', turn: number}
   *   | {type: 'microphone', port: MessagePort} | {type: 'close'}} message
   */
  receive(message) {
    if (message.type === 'push') {
      const samples = toFloat(new Int16Array(message.pcm));
      this.queue.push(message.turn, this.resampler ? this.resampler.process(samples) : samples);
    } else if (message.type === 'end') this.tell(this.queue.end(message.turn));
    else if (message.type === 'flush') {
      this.tell(this.queue.flush(message.turn));
      this.ducker.restore();
    } else if (message.type === 'microphone') this.attach(message.port);
    else {
      this.microphone?.postMessage({ sounds: false });
      this.open = false;
    }
  }

  /** @param {MessagePort} port */
  attach(port) {
    this.microphone?.close();
    this.microphone = port;
    this.ducker.restore();
    port.onmessage = ({ data }) => (data === 'duck' ? this.ducker.duck() : this.ducker.restore());
    port.postMessage({ sounds: this.sounds });
  }

  /** @param {readonly import('./queue.js').Report[]} reports */
  tell(reports) {
    for (const { what, turn, played } of reports) this.port.postMessage({ what, turn, ms: (played / sampleRate) * 1000 });
  }

  /** @param {Float32Array[][]} _inputs @param {Float32Array[][]} outputs */
  process(_inputs, [[out]]) {
    this.tell(this.queue.render(out));
    this.ducker.apply(out);
    if (this.queue.sounding !== this.sounds) {
      this.sounds = this.queue.sounding;
      this.microphone?.postMessage({ sounds: this.sounds });
    }
    return this.open;
  }
}

registerProcessor('playback', PlaybackProcessor);
