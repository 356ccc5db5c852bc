/** A picture as a JPEG within a budget of bytes: first at the price of quality, then of size, and of legibility only when nothing else is left. Pure. */

/** Qualities at which small text stays clean (JPEG's 0 to 1). */
const QUALITIES = [0.8, 0.65, 0.5];
/** The quality when even the least legible size is too much. */
const WORST = 0.35;
/** Text of an ordinary page can still be read on a picture with this longest side, in pixels. */
const LEGIBLE = 640;
/** A picture smaller than this shows nothing. */
const SMALLEST = 96;
/** A JPEG's bytes grow a little slower than its pixels. */
const SPARE = 0.92;

/** @typedef {{width: number, height: number}} Size */
/** @typedef {{jpeg: Blob, size: Size, poor: boolean}} Encoded `poor`: the budget cost it quality or size */

/**
 * @param {(longest: number) => Size} draw draws the picture, no side longer than that; 0 × 0 when there is none
 * @param {(quality: number) => Promise<Blob | null>} encode what is drawn, as a JPEG
 * @param {{longest: number, bytes: number}} bounds
 * @returns {Promise<Encoded | null>} null: there is no picture, or no JPEG of it is small enough
 */
export async function withinBudget(draw, encode, { longest, bytes }) {
  let size = draw(longest);
  if (!size.width || !size.height) return null;
  /** @type {Blob | null} */
  let jpeg = null;
  for (const quality of QUALITIES) {
    jpeg = await encode(quality);
    if (!jpeg) return null;
    if (jpeg.size <= bytes) return { jpeg, size, poor: quality !== QUALITIES[0] };
  }
  for (const { side, quality } of shrinking(Math.max(size.width, size.height), () => (jpeg ? bytes / jpeg.size : 1))) {
    size = draw(side);
    jpeg = size.width && size.height ? await encode(quality) : null;
    if (!jpeg) return null;
    if (jpeg.size <= bytes) return { jpeg, size, poor: true };
  }
  return null;
}

/** Sizes and qualities to try in turn. @param {number} from @param {() => number} share of its bytes that the last try may keep */
function* shrinking(from, share) {
  const least = QUALITIES[QUALITIES.length - 1];
  let side = from;
  const smaller = () => Math.floor(side * Math.min(0.9, Math.sqrt(share() * SPARE)));
  while (side > LEGIBLE) {
    side = Math.max(LEGIBLE, smaller());
    yield { side, quality: least };
  }
  yield { side, quality: WORST };
  while ((side = smaller()) >= SMALLEST) yield { side, quality: WORST };
}
