/// <reference path="../types/audioworklet.d.ts" />
/**
 * Microphone to frames of 16-bit mono PCM at `rate`.
 * In:  {type: 'frame', ms} · {type: 'mute', on} · {type: 'close'}
 * Out: {pcm: ArrayBuffer}, transferred, not copied
 */

import { Framer, toMono, toPcm16 } from './pcm.js';
import { Resampler } from './resampler.js';

class CaptureProcessor extends AudioWorkletProcessor {
  /** @param {{processorOptions: {rate: number, frameMs: number}}} options */
  constructor({ processorOptions: { rate, frameMs } }) {
    super();
    this.rate = rate;
    this.resampler = sampleRate === rate ? null : new Resampler(sampleRate, rate);
    this.framer = new Framer((rate * frameMs) / 1000);
    this.muted = false;
    this.open = true;
    this.port.onmessage = ({ data }) => this.receive(data);
  }

  /** @param {{type: 'frame', ms: number} | {type: 'mute', on: boolean} | {type: 'close'}} message */
  receive(message) {
    if (message.type === 'frame') this.framer.resize((this.rate * message.ms) / 1000);
    else if (message.type === 'close') this.open = false;
    else {
      this.muted = message.on;
      this.framer.clear();
    }
  }

  /** @param {Float32Array[][]} inputs */
  process([channels]) {
    if (channels.length > 0 && !this.muted) {
      const mono = toMono(channels);
      this.framer.push(this.resampler ? this.resampler.process(mono) : mono, (frame) => {
        const pcm = toPcm16(frame).buffer;
        this.port.postMessage({ pcm }, [pcm]);
      });
    }
    return this.open;
  }
}

registerProcessor('capture', CaptureProcessor);
