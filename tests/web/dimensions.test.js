import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dimensionsOf, isMarkup } from '../../src/genmedia_live/web/lib/dimensions.js';

/** @param {...(number | string | number[])} parts numbers are bytes, text is ASCII */
const bytes = (...parts) => Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...part].map((c) => c.charCodeAt(0)) : part)));
/** @param {number} value @param {number} [count] */
const big = (value, count = 4) => Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** (count - 1 - i)) % 256);
/** @param {number} value @param {number} [count] */
const little = (value, count = 4) => big(value, count).reverse();

const SAMPLES = /** @type {Record<string, (width: number, height: number) => Uint8Array>} */ ({
  png: (w, h) => bytes(0x89, 'PNG\r\n', 0x1a, '\n', big(13), 'IHDR', big(w), big(h), 8, 6, 0, 0, 0),
  jpeg: (w, h) => bytes(0xff, 0xd8, 0xff, 0xe1, big(6, 2), 'Exif', 0xff, 0xff, 0xc4, big(3, 2), 0, 0xff, 0xc2, big(11, 2), 8, big(h, 2), big(w, 2), 1, 1, 17, 0),
  gif: (w, h) => bytes('GIF89a', little(w, 2), little(h, 2), 0, 0, 0),
  bmp: (w, h) => bytes('BM', little(0), little(0), little(54), little(40), little(w), little(2 ** 32 - h), little(1, 2)),
  webp: (w, h) => bytes('RIFF', little(0), 'WEBP', 'VP8X', little(10), little(0), little(w - 1, 3), little(h - 1, 3)),
  avif: (w, h) => bytes(big(24), 'ftypavif', big(0), 'mif1', 'avif', big(20), 'ispe', big(0), big(64), big(64), big(20), 'ispe', big(0), big(w), big(h)),
});
const SMALLER_WEBP = {
  'VP8 ': (/** @type {number} */ w, /** @type {number} */ h) => bytes('RIFF', little(0), 'WEBP', 'VP8 ', little(0), 0, 0, 0, 0x9d, 0x01, 0x2a, little(w, 2), little(h, 2)),
  VP8L: (/** @type {number} */ w, /** @type {number} */ h) => bytes('RIFF', little(0), 'WEBP', 'VP8L', little(0), 0x2f, little((w - 1) + (h - 1) * 16_384)),
};

for (const [kind, make] of Object.entries(SAMPLES)) {
  test(`the size of a ${kind}`, () => {
    for (const [width, height] of [[640, 480], [10_000, 12_345]]) assert.deepEqual(dimensionsOf(make(width, height)), { kind, width, height });
  });

  test(`a ${kind} that ends anywhere is no picture, or has its size`, () => {
    const whole = make(300, 200);
    for (let end = 0; end < whole.length; end++) {
      const header = dimensionsOf(whole.subarray(0, end));
      if (header && header.width !== 64) assert.deepEqual(header, { kind, width: 300, height: 200 });
    }
  });

  test(`a ${kind} of no width is no picture`, () => {
    if (!['webp', 'avif'].includes(kind)) assert.equal(dimensionsOf(make(0, 200)), null);
  });
}

for (const [name, make] of Object.entries(SMALLER_WEBP)) {
  test(`the size of a WebP with ${name.trim()}`, () => assert.deepEqual(dimensionsOf(make(1_201, 803)), { kind: 'webp', width: 1_201, height: 803 }));
}

test('what is none of these kinds has no size', () => {
  for (const file of [bytes(), bytes('%PDF-1.7'), bytes('<svg width="5" height="5">'), bytes(0xff), bytes(0xff, 0xd8, 0, 0), bytes('RIFF', little(0), 'WAVE', 'fmt ')]) {
    assert.equal(dimensionsOf(file), null);
  }
});

test('markup is known in whatever it comes', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
  const wide = [...svg].flatMap((letter) => [letter.charCodeAt(0), 0]);
  for (const file of [bytes(svg), bytes(' \n<?xml version="1.0"?>', svg), bytes(0xef, 0xbb, 0xbf, svg), Uint8Array.from(wide), bytes(0xff, 0xfe, wide)]) {
    assert.equal(isMarkup(file), true);
  }
  for (const make of Object.values(SAMPLES)) assert.equal(isMarkup(make(60, 60)), false);
});
