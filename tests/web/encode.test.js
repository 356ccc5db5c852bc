import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withinBudget } from '../../src/genmedia_live/web/lib/encode.js';

/**
 * A browser whose JPEGs have `density` bytes a pixel at the best quality.
 * @param {{width: number, height: number, density: number}} picture
 */
function camera({ width, height, density }) {
  const tries = /** @type {{side: number, quality: number, bytes: number}[]} */ ([]);
  let drawn = { width: 0, height: 0 };
  return {
    tries,
    /** @param {number} longest */
    draw: (longest) => {
      const scale = Math.min(1, longest / Math.max(width, height));
      drawn = { width: Math.round(width * scale), height: Math.round(height * scale) };
      return drawn;
    },
    /** @param {number} quality */
    encode: async (quality) => {
      const bytes = Math.round(600 + drawn.width * drawn.height * density * quality ** 1.3);
      tries.push({ side: Math.max(drawn.width, drawn.height), quality, bytes });
      return /** @type {Blob} */ ({ size: bytes });
    },
  };
}

/** @param {ReturnType<typeof camera>} from @param {number} longest @param {number} bytes */
const make = ({ draw, encode }, longest, bytes) => withinBudget(draw, encode, { longest, bytes });

test('what fits goes at the best quality, at the size that was asked for', async () => {
  const source = camera({ width: 1_920, height: 1_080, density: 0.2 });
  const made = await make(source, 1_024, 250_000);
  assert.deepEqual(made?.size, { width: 1_024, height: 576 });
  assert.equal(made?.poor, false);
  assert.deepEqual(source.tries.map(({ quality }) => quality), [0.8]);
});

test('nothing is enlarged', async () => {
  const made = await make(camera({ width: 320, height: 240, density: 0.2 }), 1_024, 250_000);
  assert.deepEqual(made?.size, { width: 320, height: 240 });
});

for (const [budget, side, quality] of [[110_000, 1_024, 0.65], [85_000, 1_024, 0.5]]) {
  test(`first quality goes: ${budget} bytes`, async () => {
    const source = camera({ width: 1_920, height: 1_080, density: 0.28 });
    const made = await make(source, 1_024, budget);
    assert.deepEqual(source.tries.at(-1)?.side, side);
    assert.deepEqual(source.tries.at(-1)?.quality, quality);
    assert.equal(made?.poor, true);
  });
}

test('then size, but text stays legible where it can', async () => {
  const source = camera({ width: 1_920, height: 1_080, density: 0.3 });
  const made = await make(source, 1_024, 40_000);
  assert.ok(made);
  assert.ok(made.jpeg.size <= 40_000);
  assert.ok(made.size.width >= 640 && made.size.width < 1_024);
  assert.equal(source.tries.at(-1)?.quality, 0.5);
});

test('a budget that no legible picture meets is met all the same', async () => {
  const made = await make(camera({ width: 1_920, height: 1_080, density: 0.5 }), 1_024, 15_000);
  assert.ok(made);
  assert.ok(made.jpeg.size <= 15_000);
  assert.ok(made.size.width < 640);
});

test('for every picture and budget: within it, or none; in few tries', async () => {
  for (const density of [0.02, 0.1, 0.3, 0.8, 2])
    for (const bytes of [15_000, 40_000, 100_000, 250_000])
      for (const [width, height] of [[1_920, 1_080], [1_080, 1_920], [640, 480], [3_000, 200]]) {
        const source = camera({ width, height, density });
        const made = await make(source, 1_024, bytes);
        assert.ok(made && made.jpeg.size <= bytes, `${width}x${height} of density ${density} in ${bytes}`);
        assert.ok(source.tries.length <= 4, `${source.tries.length} tries`);
        assert.ok(Math.abs(made.size.width / made.size.height / (width / height) - 1) < 0.05);
      }
});

test('the next picture of the same kind is made at the first try', async () => {
  for (const bytes of [15_000, 60_000, 100_000]) {
    const source = camera({ width: 1_920, height: 1_080, density: 0.4 });
    const { density } = (await make(source, 1_024, bytes)) ?? {};
    source.tries.length = 0;
    const made = await withinBudget(source.draw, source.encode, { longest: 1_024, bytes, density });
    assert.equal(source.tries.length, 1);
    assert.ok(made && made.jpeg.size <= bytes && made.jpeg.size > 0.6 * bytes);
  }
});

test('a picture that is lighter than the one before is not made worse for it', async () => {
  const source = camera({ width: 1_920, height: 1_080, density: 0.05 });
  const made = await withinBudget(source.draw, source.encode, { longest: 1_024, bytes: 60_000, density: 2 });
  assert.deepEqual(made?.size, { width: 1_024, height: 576 });
  assert.equal(made?.poor, false);
  assert.ok(source.tries.length <= 2);
});

test('a picture that is heavier than the one before fits all the same', async () => {
  const source = camera({ width: 1_920, height: 1_080, density: 2 });
  const made = await withinBudget(source.draw, source.encode, { longest: 1_024, bytes: 30_000, density: 0.01 });
  assert.ok(made && made.jpeg.size <= 30_000);
});

test('without a picture, or without an encoder, there is none', async () => {
  assert.equal(await make(camera({ width: 0, height: 0, density: 1 }), 1_024, 15_000), null);
  const { draw } = camera({ width: 10, height: 10, density: 1 });
  assert.equal(await withinBudget(draw, async () => null, { longest: 1_024, bytes: 15_000 }), null);
  assert.equal(await make(camera({ width: 4_000, height: 4_000, density: 1 }), 4_000, 10), null);
});
