/** The person's last seconds, kept while they can't be sent. Pure. */

import { MIC_RATE } from './wire.js';

const BYTES_PER_MS = (2 * MIC_RATE) / 1000;

export class MicRing {
  /** @type {ArrayBuffer[]} */
  #chunks = [];
  #bytes = 0;
  #limit;

  /** @param {number} ms how much is kept; the oldest goes first */
  constructor(ms) {
    this.#limit = ms * BYTES_PER_MS;
  }

  get ms() {
    return this.#bytes / BYTES_PER_MS;
  }

  /** @param {ArrayBuffer} pcm */
  push(pcm) {
    this.#chunks.push(pcm);
    this.#bytes += pcm.byteLength;
    while (this.#bytes > this.#limit) this.#bytes -= /** @type {ArrayBuffer} */ (this.#chunks.shift()).byteLength;
  }

  clear() {
    this.#chunks = [];
    this.#bytes = 0;
  }

  /**
   * All of it, in as few pieces as the wire allows, and then it is empty.
   * @param {number} pieceMs the longest piece
   * @returns {ArrayBuffer[]}
   */
  drain(pieceMs) {
    const all = new Uint8Array(this.#bytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(new Uint8Array(chunk), at);
      at += chunk.byteLength;
    }
    this.clear();
    /** @type {ArrayBuffer[]} */
    const pieces = [];
    for (let from = 0; from < all.length; from += pieceMs * BYTES_PER_MS) {
      pieces.push(all.slice(from, from + pieceMs * BYTES_PER_MS).buffer);
    }
    return pieces;
  }
}
