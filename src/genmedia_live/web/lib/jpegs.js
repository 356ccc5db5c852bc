/** Canvas to JPEG, and what a frame looks like in few numbers. */

import { compose } from './compose.js';
import { withinBudget } from './encode.js';
import { signatureOf } from './frames.js';

/** @typedef {import('./edits.js').Edits} Edits */
/** @typedef {import('./compose.js').Picture} Picture */

/** Pixels a side of what a signature is made of. */
const SIGNATURE_SIDE = 128;

/** One for each source: its canvas is used again and again, and what its last picture weighed says how to make the next. */
export class Easel {
  #density = 0;
  #canvas = document.createElement('canvas');
  #small = document.createElement('canvas');

  constructor() {
    this.#small.width = this.#small.height = SIGNATURE_SIDE;
  }

  /** @param {Picture} picture @param {Edits} edits @param {{longest: number, grid: number}} how @returns {Float32Array | null} null: there is nothing to see yet */
  signature(picture, edits, { longest, grid }) {
    const { width, height } = compose(this.#canvas, picture, edits, longest);
    if (!width || !height) return null;
    const context = /** @type {CanvasRenderingContext2D} */ (this.#small.getContext('2d', { alpha: false, willReadFrequently: true }));
    context.imageSmoothingQuality = 'high'; // every pixel counts: `low` looks at four of a hundred
    context.drawImage(this.#canvas, 0, 0, SIGNATURE_SIDE, SIGNATURE_SIDE);
    return signatureOf(context.getImageData(0, 0, SIGNATURE_SIDE, SIGNATURE_SIDE).data, grid);
  }

  /** @param {Picture} picture @param {Edits} edits @param {{longest: number, bytes: number}} bounds */
  async jpeg(picture, edits, bounds) {
    const made = await withinBudget(
      (longest) => compose(this.#canvas, picture, edits, longest),
      (quality) => new Promise((resolve) => this.#canvas.toBlob(resolve, 'image/jpeg', quality)),
      { ...bounds, density: this.#density },
    );
    if (made) this.#density = made.density;
    return made;
  }
}

/** The longest side of a picture that may have so many pixels. @param {{width: number, height: number}} size @param {number} pixels */
export function longestWithin({ width, height }, pixels) {
  const scale = Math.min(1, Math.sqrt(pixels / (width * height)));
  return Math.max(1, Math.floor(Math.max(width, height) * scale));
}
