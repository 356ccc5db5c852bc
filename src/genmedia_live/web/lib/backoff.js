/** How long to wait before the next try to connect. Pure. */

/** The first tries come fast, for a blink of the network; the last is the pace of a server's restart. Milliseconds. */
const LADDER = [0, 300, 1_200, 2_700, 4_800, 7_000];

/** A quarter more or less, so that a thousand pages do not come back in the same instant. */
const JITTER = 0.25;

export const MOST_TRIES = 10;

/** After this long without a fault the ladder begins anew. Milliseconds. */
export const HEALTHY_MS = 30_000;

/**
 * @param {number} tries already made
 * @param {number} random 0 to 1
 * @returns {number} milliseconds
 */
export function retryDelay(tries, random) {
  const base = LADDER[Math.min(tries, LADDER.length - 1)];
  return Math.round(base * (1 + JITTER * (2 * random - 1)));
}
