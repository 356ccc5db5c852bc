/** The voice and the frames on one narrow path, played through: the page's own arithmetic, and a path that passes so many bytes a second. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frames, GRID } from '../../src/genmedia_live/web/lib/frames.js';
import { Uplink } from '../../src/genmedia_live/web/lib/uplink.js';

const RTT_MS = 20;
const STEP_MS = 5;
const PIECE_MS = 40;
const PCM = 1_280;
/** What the wire adds to a message. */
const AROUND = 45;
/** The page learns the path in this time. */
const LEARNS_MS = 5_000;

/** A path up on which everything waits for what left before it. @param {number} rate bytes a second */
function path(rate) {
  let free = 0;
  const due = /** @type {{at: number, happen: () => void}[]} */ ([]);
  return {
    /** @param {number} now @param {number} bytes @returns {number} when they arrive */
    passes: (now, bytes) => (free = Math.max(free, now) + ((bytes + AROUND) / rate) * 1_000) + RTT_MS / 2,
    /** @param {number} at @param {() => void} happen */
    later: (at, happen) => due.push({ at, happen }),
    /** @param {number} now */
    until(now) {
      due.sort((a, b) => a.at - b.at);
      while (due.length > 0 && due[0].at <= now) due.shift()?.happen();
    },
  };
}

/**
 * Talk for a while, with two sources that change all the time or without.
 * @param {{rate: number, shown: boolean, speaking?: boolean, seconds?: number}} how
 */
function talk({ rate, shown, speaking = false, seconds = 40 }) {
  const { passes, later, until } = path(rate);
  const [uplink, frames] = [new Uplink(), new Frames(250_000)];
  if (shown) ['camera', 'screen'].forEach((source) => frames.add(/** @type {'camera'} */ (source)));
  const ages = /** @type {number[]} */ ([]);
  const sizes = /** @type {number[]} */ ([]);
  let told = 0;

  /** @param {number} now */
  function speak(now) {
    const seq = now / PIECE_MS;
    const here = passes(now, uplink.narrow ? PCM / 2 : PCM);
    uplink.sent(seq, PIECE_MS, now);
    if (now > LEARNS_MS) ages.push(here - now);
    later(here, () => {
      if (here - told < 200) return;
      told = here;
      later(here + RTT_MS / 2, () => uplink.received(seq));
    });
  }

  /** @param {number} now */
  function show(now) {
    const signature = new Float32Array(GRID.camera ** 2).fill(now % 251);
    const source = frames.due(now, { speaking, quietMs: 0, lagging: uplink.lagging(now) }).find((name) => frames.wants(name, signature));
    if (!source) return;
    const bytes = Math.round(0.95 * frames.budget);
    const seq = frames.left(source, signature, { bytes, poor: true }, now);
    const back = passes(now, bytes) + RTT_MS / 2;
    later(back, () => frames.answered(seq, true, back));
    sizes.push(bytes);
  }

  for (let now = 0; now < seconds * 1_000; now += STEP_MS) {
    until(now);
    if (now % PIECE_MS === 0) speak(now);
    if (now % 250 === 0 && now > 1_000) show(now);
  }
  ages.sort((a, b) => a - b);
  return { median: ages[ages.length >> 1], worst: ages[ages.length - 1], sizes };
}

for (const kbits of [200, 256, 320, 512, 1_000, 5_000]) {
  for (const speaking of [false, true]) {
    test(`${kbits} kbit/s up${speaking ? ', speaking' : ''}: pictures do not make the voice old`, () => {
      const rate = (kbits * 1_000) / 8;
      const plain = talk({ rate, shown: false });
      const shown = talk({ rate, shown: true, speaking });
      assert.ok(shown.median / plain.median <= 1.25, `${plain.median} ms without, ${shown.median} ms with`);
      assert.ok(shown.worst < 2_000, `${shown.worst} ms at worst`);
      assert.ok(shown.sizes.length >= 5, 'and some leave all the same');
    });
  }
}

test('a wide path takes the largest frames at the full pace', () => {
  const { sizes } = talk({ rate: 5e6, shown: true, speaking: true });
  assert.ok(sizes.length > 35);
  assert.ok(sizes.slice(5).every((bytes) => bytes > 200_000));
});
