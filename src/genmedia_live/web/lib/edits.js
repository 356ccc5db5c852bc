/**
 * What the person changes about a source before a frame of it leaves the browser. Pure: values in, new values out.
 *
 * Everything is in fractions of the whole source, 0 to 1 from its top left corner, whatever the size of the preview, of the source or
 * of the frame. A black-out or the pointer lies where it lies in the source; the crop cuts after that.
 */

/** @typedef {{x: number, y: number}} Point */
/** @typedef {{width: number, height: number}} Size */
/** @typedef {Point & Size} Rect */
/** @typedef {{crop: Rect | null, blackouts: readonly Rect[], pointer: Point | null}} Edits */
/** @typedef {'n' | 'ne' | 'e' | 'se' | 's' | 'sw' | 'w' | 'nw' | 'all'} Grip an edge, a corner, or the whole rectangle */

/** @type {Edits} */
export const NO_EDITS = Object.freeze({ crop: null, blackouts: Object.freeze([]), pointer: null });

/** The shortest side of a rectangle: one that is smaller could not be taken hold of. */
export const LEAST = Object.freeze({ crop: 0.08, blackout: 0.015 });

/** More black-outs than this can't be placed. */
export const MOST_BLACKOUTS = 64;

/** Black is laid so many pixels beyond a black-out on each side, on the source and on the frame. */
const MARGIN = 1;

/** Radius of the pointer's ring as a share of the frame's longest side, and the least in pixels. */
const RING = { share: 0.026, least: 9 };

/** @type {Rect} */
const WHOLE = Object.freeze({ x: 0, y: 0, width: 1, height: 1 });

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// ---- rectangles

/** The rectangle between two corners, cut at the source's edges, no side shorter than `least`. @param {Point} a @param {Point} b @param {number} least @returns {Rect} */
export function between(a, b, least) {
  const [x, width] = span(a.x, b.x, least);
  const [y, height] = span(a.y, b.y, least);
  return { x, y, width, height };
}

/** @param {number} from @param {number} to @param {number} least @returns {[number, number]} beginning and length */
function span(from, to, least) {
  const [begin, end] = [clamp(Math.min(from, to), 0, 1), clamp(Math.max(from, to), 0, 1)];
  const length = Math.max(end - begin, least);
  return [clamp(begin, 0, 1 - length), length];
}

/** The rectangle with a part of it dragged; it stays inside the source and keeps a least side. @param {Rect} rect @param {Grip} grip @param {Point} by @param {number} least @returns {Rect} */
export function dragged(rect, grip, by, least) {
  if (grip === 'all') {
    return { ...rect, x: clamp(rect.x + by.x, 0, 1 - rect.width), y: clamp(rect.y + by.y, 0, 1 - rect.height) };
  }
  const [x, width] = stretched(rect.x, rect.width, by.x, grip.includes('w'), grip.includes('e'), least);
  const [y, height] = stretched(rect.y, rect.height, by.y, grip.includes('n'), grip.includes('s'), least);
  return { x, y, width, height };
}

/** @param {number} begin @param {number} length @param {number} by @param {boolean} head @param {boolean} tail @param {number} least @returns {[number, number]} */
function stretched(begin, length, by, head, tail, least) {
  const end = begin + length;
  if (head) {
    const moved = clamp(begin + by, 0, end - least);
    return [moved, end - moved];
  }
  return tail ? [begin, clamp(end + by, begin + least, 1) - begin] : [begin, length];
}

/** @param {Rect} rect @param {Point} point */
export function holds({ x, y, width, height }, point) {
  return point.x >= x && point.x <= x + width && point.y >= y && point.y <= y + height;
}

// ---- edits

/** @param {Edits} edits @param {Rect | null} crop null: all of the source @returns {Edits} */
export const withCrop = (edits, crop) => ({ ...edits, crop });

/** @param {Edits} edits @param {Rect} rect @returns {Edits} the new one is the last; beyond `MOST_BLACKOUTS` nothing changes */
export function withBlackout(edits, rect) {
  return edits.blackouts.length < MOST_BLACKOUTS ? { ...edits, blackouts: [...edits.blackouts, rect] } : edits;
}

/** @param {Edits} edits @param {number} index @param {Rect} rect @returns {Edits} */
export function withBlackoutAt(edits, index, rect) {
  return { ...edits, blackouts: edits.blackouts.map((old, at) => (at === index ? rect : old)) };
}

/** @param {Edits} edits @param {number} index @returns {Edits} */
export function withoutBlackout(edits, index) {
  return { ...edits, blackouts: edits.blackouts.filter((_, at) => at !== index) };
}

/** @param {Edits} edits @param {Point | null} pointer @returns {Edits} */
export const withPointer = (edits, pointer) => ({ ...edits, pointer });

/**
 * Whether a frame that was composed with `then` may leave now. Encoding takes a moment, in which a black-out or a crop may be placed;
 * a frame from before is thrown away. That the pointer has moved on hides nothing, and holds no frame back.
 *
 * @param {Edits} then @param {Edits | null} now null: a rectangle is being drawn, and no frame of the source may leave
 */
export const mayLeave = (then, now) => now !== null && now.crop === then.crop && now.blackouts === then.blackouts;

// ---- where the preview shows what

/** Where a picture lies in a box that shows all of it, its aspect kept (`object-fit: contain`). @param {Size} box @param {Size} picture @returns {Rect} in the box's pixels */
export function contained(box, picture) {
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  return { x: (box.width - width) / 2, y: (box.height - height) / 2, width, height };
}

/** The source's point under a point of the preview. @param {Point} point in the preview's pixels @param {Rect} shown where the source lies in it @returns {Point} */
export function sourcePoint(point, shown) {
  return { x: clamp((point.x - shown.x) / shown.width, 0, 1), y: clamp((point.y - shown.y) / shown.height, 0, 1) };
}

// ---- the frame

/**
 * @typedef {object} Layout where everything goes, in whole pixels
 * @property {Rect} cut the part of the source that is drawn
 * @property {Rect[]} hidden what is black in the source, before it is scaled
 * @property {number} width
 * @property {number} height
 * @property {Rect[]} black what is black in the frame
 * @property {(Point & {radius: number}) | null} pointer
 */

/**
 * The frame that becomes of a source: cut, then scaled down to the longest side, never up.
 *
 * Black-outs are rounded outward and a pixel more, twice: in the source, so that no filter can blend what is hidden into its
 * neighbours, and in the frame, so that all of it is black. The crop is rounded inward: nothing outside it leaves.
 *
 * @param {Size} source pixels @param {Edits} edits @param {number} longestSide pixels @returns {Layout}
 */
export function layout(source, edits, longestSide) {
  const crop = edits.crop ?? WHOLE;
  const cut = inward(scaled(crop, source), source);
  const scale = Math.min(1, longestSide / Math.max(cut.width, cut.height));
  const width = Math.max(1, Math.round(cut.width * scale));
  const height = Math.max(1, Math.round(cut.height * scale));
  const frame = { width: width / cut.width, height: height / cut.height };
  /** @param {Point} point */
  const inFrame = ({ x, y }) => ({ x: (x * source.width - cut.x) * frame.width, y: (y * source.height - cut.y) * frame.height });
  const black = edits.blackouts.map((rect) => ({
    ...inFrame(rect),
    width: rect.width * source.width * frame.width,
    height: rect.height * source.height * frame.height,
  }));
  const pointer = edits.pointer && holds(crop, edits.pointer) ? inFrame(edits.pointer) : null;
  const radius = Math.max(RING.least, Math.max(width, height) * RING.share);
  return {
    cut,
    hidden: within(edits.blackouts.map((rect) => scaled(rect, source)), { x: 0, y: 0, ...source }),
    width,
    height,
    black: within(black, { x: 0, y: 0, width, height }),
    pointer: pointer && { ...pointer, radius },
  };
}

/** @param {Rect} rect @param {Size} size @returns {Rect} */
const scaled = (rect, { width, height }) => ({ x: rect.x * width, y: rect.y * height, width: rect.width * width, height: rect.height * height });

/** @param {Rect} rect @param {Size} size @returns {Rect} the whole pixels inside it, one at least */
function inward(rect, size) {
  // A binary fraction times a size is a hair off: a crop at an edge of a pixel keeps that pixel.
  const hair = 1e-6;
  const x = Math.min(Math.ceil(rect.x - hair), size.width - 1);
  const y = Math.min(Math.ceil(rect.y - hair), size.height - 1);
  const right = Math.max(x + 1, Math.floor(rect.x + rect.width + hair));
  const bottom = Math.max(y + 1, Math.floor(rect.y + rect.height + hair));
  return { x, y, width: right - x, height: bottom - y };
}

/** @param {Rect[]} rects @param {Rect} bounds @returns {Rect[]} rounded outward, with the margin, and cut at the bounds; without those outside */
function within(rects, bounds) {
  return rects.map((rect) => outward(rect, bounds)).filter(({ width, height }) => width > 0 && height > 0);
}

/** @param {Rect} rect @param {Rect} bounds @returns {Rect} */
function outward(rect, bounds) {
  const x = clamp(Math.floor(rect.x) - MARGIN, bounds.x, bounds.x + bounds.width);
  const y = clamp(Math.floor(rect.y) - MARGIN, bounds.y, bounds.y + bounds.height);
  const right = clamp(Math.ceil(rect.x + rect.width) + MARGIN, bounds.x, bounds.x + bounds.width);
  const bottom = clamp(Math.ceil(rect.y + rect.height) + MARGIN, bounds.y, bounds.y + bounds.height);
  return { x, y, width: right - x, height: bottom - y };
}
