/** Sounds made of arithmetic, always the same, at 16 kHz with a peak of about `loudness`. */

const RATE = 16_000;

/** A generator of uniform numbers in [-1, 1): Park and Miller's. @param {number} seed */
export function noise(seed) {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 1_073_741_823.5 - 1;
}

/** @param {number} ms @param {(i: number, share: number) => number} at */
function made(ms, at) {
  const length = (RATE * ms) / 1000;
  return Float32Array.from({ length }, (_, i) => at(i, i / length));
}

/** The room. @param {number} ms @param {number} [loudness] */
export function room(ms, loudness = 3e-4) {
  const random = noise(7);
  return made(ms, () => loudness * random());
}

/** Noise that begins at once and fades. @param {number} ms @param {number} [loudness] */
export function burst(ms, loudness = 0.4) {
  const random = noise(11);
  return made(ms, (_, share) => loudness * (1 - share) ** 2 * random());
}

/** Air that swells and goes. @param {number} ms @param {number} [loudness] */
export function swell(ms, loudness = 0.05) {
  const random = noise(13);
  return made(ms, (_, share) => loudness * Math.sin(Math.PI * share) ** 3 * random());
}

/** A thud of wood, all of it low, whose tones fade one after the other. @param {number} ms */
export const thud = (ms) =>
  made(ms, (i, share) =>
    [110, 165, 210, 320, 640, 1_280].reduce(
      (sum, hz, k) => sum + 0.3 * 0.3 ** k * Math.exp(-share * (4 + 3 * k)) * Math.sin((2 * Math.PI * hz * i) / RATE),
      0,
    ),
  );

/**
 * A voice of harmonics under formants, which may move: each is [Hz at the beginning, Hz at the end].
 * @param {number} ms @param {number[][]} formants @param {{hertz?: number, loudness?: number}} [how]
 */
export function voice(ms, formants, { hertz = 140, loudness = 0.3 } = {}) {
  const bandwidth = 90;
  return made(ms, (i, share) => {
    let sum = 0;
    for (let n = 1; n * hertz < 3_800; n++) {
      const height = formants.reduce((most, [from, to], k) => {
        const away = (n * hertz - (from + (to - from) * share)) / bandwidth;
        return most + 1 / (k + 1) / (1 + away * away);
      }, 0.003);
      sum += (height * Math.sin((2 * Math.PI * n * hertz * i) / RATE)) / Math.sqrt(n);
    }
    return loudness * 0.6 * Math.min(1, 20 * share, 20 * (1 - share)) * sum;
  });
}

/** "Mm": all of it below 500 Hz. @param {number} ms */
export const hum = (ms) => voice(ms, [[250, 250]]);

/** "Aye-aye": an open mouth that moves. @param {number} [loudness] */
export const words = (loudness) =>
  joined(voice(180, [[750, 300], [1_200, 2_200]], { loudness }), voice(180, [[700, 320], [1_100, 2_300]], { loudness }));

/** @param {...Float32Array} parts */
export function joined(...parts) {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
