import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_TRIES, retryDelay } from '../../src/genmedia_live/web/lib/backoff.js';
import { endOfSentences } from '../../src/genmedia_live/web/lib/captions.js';
import { MicRing } from '../../src/genmedia_live/web/lib/ring.js';

/** @param {number} ms @param {number} value */
const voice = (ms, value) => new Uint8Array(ms * 32).fill(value).buffer;

test('the ladder: at once, then slower, never slower than its last step', () => {
  const delays = Array.from({ length: MOST_TRIES }, (_, tries) => retryDelay(tries, 0.5));
  assert.deepEqual(delays, [0, 300, 1_200, 2_700, 4_800, 7_000, 7_000, 7_000, 7_000, 7_000]);
});

test('jitter spreads a wait by a quarter to both sides', () => {
  assert.deepEqual([retryDelay(2, 0), retryDelay(2, 1)], [900, 1_500]);
});

test('the ring keeps the newest voice and drops the oldest', () => {
  const ring = new MicRing(100);
  for (let i = 1; i <= 5; i++) ring.push(voice(40, i));
  assert.equal(ring.ms, 80);
  assert.deepEqual(ring.drain(500).map((piece) => new Uint8Array(piece)[0]), [4]);
});

test('drained pieces hold all of it, in order, none longer than asked', () => {
  const ring = new MicRing(5_000);
  for (let i = 0; i < 30; i++) ring.push(voice(40, i));
  const pieces = ring.drain(500);
  assert.deepEqual(pieces.map(({ byteLength }) => byteLength / 32), [500, 500, 200]);
  const all = pieces.flatMap((piece) => [...new Uint8Array(piece)]);
  assert.deepEqual(all.filter((_, at) => at % 1_280 === 0), Array.from({ length: 30 }, (_, i) => i));
  assert.deepEqual([ring.ms, ring.drain(500)], [0, []]);
});

for (const [text, spoken] of [
  ['It is noon', ''],
  ['It is noon.', ''],
  ['It is noon. And', 'It is noon.'],
  ['About 3.5 litres', ''],
  ['“Really?” she said. Then', '“Really?” she said.'],
  ['One! Two? Thr', 'One! Two?'],
  ['今日は。明日', '今日は。'],
]) {
  test(`whole sentences of "${text}"`, () => assert.equal(text.slice(0, endOfSentences(text)), spoken));
}
