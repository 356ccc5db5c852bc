import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Framer, toFloat, toMono, toPcm16 } from '../../src/genmedia_live/web/worklets/pcm.js';
import { Resampler } from '../../src/genmedia_live/web/worklets/resampler.js';

/** @param {number} hz @param {number} rate @param {number} length */
const sine = (hz, rate, length) => Float32Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * hz * i) / rate));

/** @param {Float32Array} block */
const power = (block) => block.reduce((sum, value) => sum + value * value, 0) / block.length;

/** @param {Float32Array} a @param {Float32Array} b */
const decibels = (a, b) => 10 * Math.log10(power(a) / power(b));

/** @param {number} from @param {number} to @param {Float32Array} input @param {number} block */
function resample(from, to, input, block = 128) {
  const resampler = new Resampler(from, to);
  /** @type {number[]} */
  const out = [];
  for (let i = 0; i < input.length; i += block) out.push(...resampler.process(input.subarray(i, i + block)));
  return Float32Array.from(out);
}

test('full scale is clamped, not wrapped', () => {
  assert.deepEqual([...toPcm16(Float32Array.of(0, 1, -1, 1.5, -1.5, 0.5))], [0, 32767, -32768, 32767, -32768, 16384]);
});

test('16-bit samples survive the way to floats and back', () => {
  const pcm = Int16Array.of(-32768, -1, 0, 1, 12345, 32767);
  assert.deepEqual(toPcm16(toFloat(pcm)), pcm);
});

test('channels are averaged, a single one passes', () => {
  const left = Float32Array.of(1, 0);
  assert.equal(toMono([left]), left);
  assert.deepEqual([...toMono([left, Float32Array.of(0, 0.5)])], [0.5, 0.25]);
});

test('a framer cuts blocks of any length into frames of one, in order, and loses nothing', () => {
  const framer = new Framer(640);
  /** @type {number[]} */
  const seen = [];
  let frames = 0;
  for (let i = 0; i < 20; i++) {
    framer.push(Float32Array.from({ length: 128 }, (_, k) => i * 128 + k), (frame) => {
      frames += 1;
      seen.push(...frame);
    });
  }
  assert.equal(frames, 4);
  assert.deepEqual(seen, Array.from({ length: 2560 }, (_, i) => i));
});

test('one long block makes several frames', () => {
  let frames = 0;
  new Framer(100).push(new Float32Array(350), () => (frames += 1));
  assert.equal(frames, 3);
});

test('what was said before a mute does not begin the next frame', () => {
  const framer = new Framer(4);
  framer.push(Float32Array.of(9, 9), () => assert.fail('not full yet'));
  framer.clear();
  /** @type {number[]} */
  let got = [];
  framer.push(Float32Array.of(1, 2, 3, 4), (frame) => (got = [...frame]));
  assert.deepEqual(got, [1, 2, 3, 4]);
});

for (const from of [48_000, 44_100, 24_000]) {
  test(`${from} to 16000 Hz keeps a 1 kHz tone, aligned`, () => {
    const got = resample(from, 16_000, sine(1_000, from, from)).subarray(200, 15_000);
    const want = sine(1_000, 16_000, 16_000).subarray(200, 15_000);
    assert.ok(decibels(got.map((value, i) => value - want[i]), want) < -60);
  });

  test(`${from} to 16000 Hz lets nothing above 8 kHz fold back`, () => {
    const input = sine(10_000, from, from);
    assert.ok(decibels(resample(from, 16_000, input).subarray(200, 15_000), input) < -70);
  });
}

test('24000 to 48000 Hz leaves no image of the voice', () => {
  const got = resample(24_000, 48_000, sine(3_000, 24_000, 24_000)).subarray(400, 46_000);
  const want = sine(3_000, 48_000, 48_000).subarray(400, 46_000);
  assert.ok(decibels(got.map((value, i) => value - want[i]), want) < -60);
});

test('the size of the blocks does not matter', () => {
  const input = sine(440, 44_100, 8_192);
  assert.deepEqual(resample(44_100, 16_000, input, 128), resample(44_100, 16_000, input, 1_000));
});
