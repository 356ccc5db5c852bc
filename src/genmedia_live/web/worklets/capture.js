/// <reference path="../types/audioworklet.d.ts" />
/**
 * Microphone to frames of 16-bit mono PCM at `rate`. Between them stands what may hold the voice back:
 *   'open'   nothing
 *   'guard'  while the agent sounds: is it an interruption? (hold.js)
 *   'press'  push-to-talk (press.js)
 * In:  {type: 'frame', ms} · {type: 'mute', on} · {type: 'mode', mode} · {type: 'press', on} · {type: 'close'}
 *      {type: 'player', port}: where the player says {sounds}, and is told 'duck' or 'restore'; it needs no help of the page for that
 * Out: {pcm: ArrayBuffer}, transferred, not copied · {what: 'interruption'}, and the frames that were held · {what: 'released'}, behind the last frame
 */

import { FRAME } from './gate.js';
import { Hold } from './hold.js';
import { Framer, toMono, toPcm16 } from './pcm.js';
import { Press } from './press.js';
import { Resampler } from './resampler.js';
import './spectrum.js'; // the gate's: fetched beside it, not after it, or a slow path would cost the first words

/** The least that may be sent, in ms. */
const LEAST_MS = 10;

/** @typedef {'open' | 'guard' | 'press'} Mode */

/**
 * @typedef {{type: 'frame', ms: number} | {type: 'mute' | 'press', on: boolean} | {type: 'mode', mode: Mode}
 *   | {type: 'player', port: MessagePort} | {type: 'close'}} Message
 */

class CaptureProcessor extends AudioWorkletProcessor {
  /** @param {{processorOptions: {rate: number, frameMs: number}}} options */
  constructor({ processorOptions: { rate, frameMs } }) {
    super();
    this.rate = rate;
    this.resampler = sampleRate === rate ? null : new Resampler(sampleRate, rate);
    this.blocks = new Framer(FRAME);
    this.framer = new Framer((rate * frameMs) / 1000);
    const emit = (/** @type {Float32Array} */ block) => this.framer.push(block, (frame) => this.send(frame));
    this.hold = new Hold(emit, (word) => this.told(word));
    this.press = new Press(emit, () => this.released());
    /** @type {Mode} */
    this.mode = 'open';
    this.emit = emit;
    /** @type {MessagePort | null} */
    this.player = null;
    this.sounds = false;
    this.muted = false;
    this.open = true;
    this.port.onmessage = ({ data }) => this.receive(data);
  }

  /** @param {Message} message */
  receive(message) {
    if (message.type === 'frame') this.framer.resize((this.rate * message.ms) / 1000);
    else if (message.type === 'mode') this.change(message.mode);
    else if (message.type === 'press') this.press.hold(message.on);
    else if (message.type === 'player') this.attach(message.port);
    else if (message.type === 'mute') this.mute(message.on);
    else {
      this.mute(true);
      this.open = false;
    }
  }

  /** @param {boolean} on */
  mute(on) {
    this.muted = on;
    this.blocks.clear();
    this.framer.clear();
    this.hold.clear();
    this.press.clear();
  }

  /** @param {Mode} mode */
  change(mode) {
    if (mode === this.mode) return;
    this.mode = mode;
    this.press.clear();
    if (mode === 'press') {
      this.hold.clear(); // nobody held the button when that was said
      this.framer.clear();
    }
    this.hold.agent(mode === 'guard' && this.sounds);
  }

  /** @param {MessagePort} port */
  attach(port) {
    this.player?.close();
    this.player = port;
    port.onmessage = ({ data }) => {
      this.sounds = data.sounds;
      this.hold.agent(this.mode === 'guard' && this.sounds);
    };
  }

  /** @param {import('./hold.js').Word} word */
  told(word) {
    if (word === 'interruption') this.port.postMessage({ what: word });
    else this.player?.postMessage(word);
  }

  released() {
    this.framer.finish((this.rate * LEAST_MS) / 1000, (frame) => this.send(frame));
    this.port.postMessage({ what: 'released' });
  }

  /** @param {Float32Array} frame */
  send(frame) {
    const pcm = toPcm16(frame).buffer;
    this.port.postMessage({ pcm }, [pcm]);
  }

  /** @param {Float32Array[][]} inputs */
  process([channels]) {
    if (channels.length > 0 && !this.muted) {
      const mono = toMono(channels);
      this.blocks.push(this.resampler ? this.resampler.process(mono) : mono, (block) => {
        if (this.mode === 'press') this.press.push(block);
        else this.hold.push(block);
      });
    }
    return this.open;
  }
}

registerProcessor('capture', CaptureProcessor);
