/**
 * A picture as a JPEG within a budget of bytes: first at the price of quality, then of size, and of legibility only when nothing else
 * is left. Pure.
 *
 * Browsers encode when they are idle, which may take a while; so what the last try weighed says where the next one begins.
 */

/** Qualities (JPEG's 0 to 1) and how heavy they are, the third being 1. At the first three, small text stays clean. */
const BEST = { quality: 0.8, weight: 1.75 };
const CLEAN = [BEST, { quality: 0.65, weight: 1.3 }, { quality: 0.5, weight: 1 }];
const SMALL = CLEAN[2];
/** When even the least legible size is too much. */
const WORST = { quality: 0.35, weight: 0.8 };
/** Text of an ordinary page can still be read on a picture with this longest side, in pixels. */
const LEGIBLE = 640;
/** A picture smaller than this shows nothing. */
const SMALLEST = 96;
/** Bytes of a JPEG that has no pixels. */
const HEAD = 1_000;
/** What is aimed at of the budget, for an estimate is one; and so little of it says that the estimate was far too high. */
const AIM = 0.92;
const FAR_OFF = 0.6;
const MOST_TRIES = 8;

/** @typedef {{width: number, height: number}} Size */
/** @typedef {{side: number, quality: number, weight: number}} Try */
/** @typedef {{jpeg: Blob, size: Size, poor: boolean, density: number}} Encoded `poor`: the budget cost it quality or size; `density`: for the next one */

/**
 * @param {(longest: number) => Size} draw draws the picture, no side longer than that; 0 × 0 when there is none
 * @param {(quality: number) => Promise<Blob | null>} encode what is drawn, as a JPEG
 * @param {{longest: number, bytes: number, density?: number}} bounds `density` of a picture like this one, where it is known
 * @returns {Promise<Encoded | null>} null: there is no picture, or no JPEG of it is small enough
 */
export async function withinBudget(draw, encode, { longest, bytes, density = 0 }) {
  const whole = draw(longest);
  const full = { side: Math.max(whole.width, whole.height), pixels: whole.width * whole.height };
  if (full.pixels === 0) return null;
  let [size, drawn] = [whole, full.side];
  /** @type {Encoded | null} */
  let fits = null;
  let next = planned(full, bytes, density);
  for (let tries = 0; next && tries < MOST_TRIES; tries++) {
    if (next.side !== drawn) [size, drawn] = [draw(next.side), next.side];
    const jpeg = size.width && size.height ? await encode(next.quality) : null;
    if (!jpeg) return fits;
    const heavy = Math.max(1, jpeg.size - HEAD) / (size.width * size.height * next.weight);
    const isBest = next.side === full.side && next.quality === BEST.quality;
    if (jpeg.size > bytes) {
      if (fits) return fits;
      next = smaller(next, planned(full, bytes, heavy));
      continue;
    }
    const again = fits !== null || isBest || jpeg.size > FAR_OFF * bytes;
    fits = { jpeg, size, poor: !isBest, density: heavy };
    if (again) return fits;
    next = planned(full, bytes, heavy);
  }
  return fits;
}

/**
 * The best that should fit.
 * @param {{side: number, pixels: number}} full @param {number} bytes @param {number} density bytes a pixel, at weight 1
 * @returns {Try | null}
 */
function planned({ side, pixels }, bytes, density) {
  const room = AIM * (bytes - HEAD);
  const clean = CLEAN.find(({ weight }) => density * weight * pixels <= room);
  if (clean) return { side, ...clean };
  const sideOf = (/** @type {number} */ weight) => Math.floor(side * Math.sqrt(Math.max(0, room) / (density * weight * pixels)));
  if (sideOf(SMALL.weight) >= LEGIBLE) return { side: sideOf(SMALL.weight), ...SMALL };
  const worst = Math.min(side, sideOf(WORST.weight));
  return worst >= SMALLEST ? { side: Math.min(worst, Math.max(LEGIBLE, sideOf(SMALL.weight))), ...WORST } : null;
}

/** What is planned, if it is less than the last try; else a step less than that. @param {Try} last @param {Try | null} plan @returns {Try | null} */
function smaller(last, plan) {
  if (!plan || plan.side < last.side || (plan.side === last.side && plan.quality < last.quality)) return plan;
  const side = Math.floor(0.85 * last.side);
  return side >= SMALLEST ? { ...last, side } : null;
}
