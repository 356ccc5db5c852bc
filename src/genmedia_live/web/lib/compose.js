/** Drawing a frame: the source cut and scaled, the black-outs, the pointer. What is on the canvas afterwards is what may leave. */

import { layout } from './edits.js';

/** @typedef {import('./edits.js').Edits} Edits */
/** @typedef {import('./edits.js').Layout} Layout */
/** @typedef {import('./edits.js').Size} Size */

/** @typedef {HTMLVideoElement | HTMLImageElement | ImageBitmap | HTMLCanvasElement | OffscreenCanvas} Picture */
/** @typedef {HTMLCanvasElement | OffscreenCanvas} Canvas */

/**
 * The pointer's rings, widest first: colour, and width as a share of the radius. Light and dark lines on both sides of the red one
 * show it on any ground; its middle is empty, so that it never covers what it points at. That a vision model attends to what a red
 * circle surrounds: Shtedritski et al., 2023, "What does CLIP know about a red circle?"
 */
const RINGS = /** @type {const} */ ([['#000', 0.56], ['#fff', 0.46], ['#f00b3c', 0.26]]);

/** @param {Picture} picture @returns {Size} in its own pixels; 0 × 0 while there is nothing to see */
export function sizeOf(picture) {
  if (picture instanceof HTMLVideoElement) return { width: picture.videoWidth, height: picture.videoHeight };
  if (picture instanceof HTMLImageElement) return { width: picture.naturalWidth, height: picture.naturalHeight };
  return { width: picture.width, height: picture.height };
}

/**
 * Draw a picture as the edits want it. All of it happens before this returns: a black-out that is in `edits` is on the canvas.
 *
 * @param {Canvas} canvas resized to the frame
 * @param {Picture} picture
 * @param {Edits} edits
 * @param {number} longestSide of the frame, in pixels; nothing is enlarged
 * @returns {Size} of the frame; 0 × 0, and an empty canvas, while there is nothing to see
 */
export function compose(canvas, picture, edits, longestSide) {
  const source = sizeOf(picture);
  if (!source.width || !source.height) {
    canvas.width = canvas.height = 0;
    return { width: 0, height: 0 };
  }
  const plan = layout(source, edits, longestSide);
  const { cut, width, height } = plan;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = context2d(canvas);
  context.fillStyle = '#000';
  context.fillRect(0, 0, width, height); // under a picture that is not opaque
  context.imageSmoothingQuality = 'high';
  const scaled = width !== cut.width || height !== cut.height;
  const drawn = scaled && plan.hidden.length > 0 ? masked(canvas, picture, plan) : { picture, x: cut.x, y: cut.y };
  context.drawImage(drawn.picture, drawn.x, drawn.y, cut.width, cut.height, 0, 0, width, height);
  for (const rect of plan.black) context.fillRect(rect.x, rect.y, rect.width, rect.height);
  if (plan.pointer) point(context, plan.pointer);
  return { width, height };
}

/** A second canvas for each that is drawn on again and again: new ones of this size would pile up. @type {WeakMap<Canvas, OffscreenCanvas>} */
const MASKS = new WeakMap();

/** The cut part at its full size, black where it is hidden: what scales it has nothing to blend in. @param {Canvas} target @param {Picture} picture @param {Layout} plan */
function masked(target, picture, { cut, hidden }) {
  const canvas = MASKS.get(target) ?? new OffscreenCanvas(cut.width, cut.height);
  MASKS.set(target, canvas);
  if (canvas.width !== cut.width) canvas.width = cut.width;
  if (canvas.height !== cut.height) canvas.height = cut.height;
  const context = context2d(canvas);
  context.fillStyle = '#000';
  context.fillRect(0, 0, cut.width, cut.height);
  context.drawImage(picture, cut.x, cut.y, cut.width, cut.height, 0, 0, cut.width, cut.height);
  for (const rect of hidden) context.fillRect(rect.x - cut.x, rect.y - cut.y, rect.width, rect.height);
  return { picture: canvas, x: 0, y: 0 };
}

/** @param {CanvasRenderingContext2D} context @param {{x: number, y: number, radius: number}} at */
function point(context, { x, y, radius }) {
  for (const [colour, share] of RINGS) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.lineWidth = radius * share;
    context.stroke();
  }
}

/** @param {Canvas} canvas what is drawn here is the same for both kinds */
function context2d(canvas) {
  // Frames are read back one by one; kept in memory they need no round trip to a graphics card.
  const context = /** @type {HTMLCanvasElement} */ (canvas).getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context) throw new Error('The browser has no memory for a frame');
  return context;
}
