import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BYTES, Frames, GRID, LOST_MS, PACE, QUIET_MS, signatureOf } from '../../src/genmedia_live/web/lib/frames.js';

const MOST = 250_000;
const USUAL = { speaking: false, quietMs: 0, lagging: false };
const SPEAKING = { ...USUAL, speaking: true };

/** A grid of one level, with one field of another. @param {number} level @param {number} [field] */
function signature(level, field = level) {
  const grid = new Float32Array(GRID.camera ** 2).fill(level);
  grid[7] = field;
  return grid;
}

/** @param {...('camera' | 'screen')} sources */
function showing(...sources) {
  const frames = new Frames(MOST);
  for (const source of sources) frames.add(source);
  return frames;
}

/**
 * Show changing pictures for a while; each frame is acknowledged after `ackMs`.
 * @param {Frames} frames
 * @param {{ms: number, moment?: import('../../src/genmedia_live/web/lib/frames.js').Moment, ackMs?: number, changes?: boolean, from?: number}} how
 * @returns {{source: string, at: number}[]} the frames that left
 */
function run(frames, { ms, moment = USUAL, ackMs = 50, changes = true, from = 0 }) {
  const sent = [];
  let answer = /** @type {{seq: number, at: number} | null} */ (null);
  for (let now = from; now < from + ms; now += 50) {
    if (answer && now >= answer.at) {
      frames.answered(answer.seq, true, now);
      answer = null;
    }
    for (const source of frames.due(now, moment)) {
      const picture = signature(changes ? (now / 50) % 256 : 99);
      if (!frames.wants(source, picture)) continue;
      assert.equal(answer, null, 'one is on its way');
      answer = { seq: frames.left(source, picture, { bytes: 20_000, poor: false }, now), at: now + ackMs };
      sent.push({ source, at: now });
      break;
    }
  }
  return sent;
}

/** @param {{at: number}[]} sent */
const gaps = (sent) => sent.slice(1).map(({ at }, i) => at - sent[i].at);

for (const [name, moment, gap] of /** @type {const} */ ([
  ['while the person speaks', SPEAKING, PACE.speaking],
  ['usually', USUAL, PACE.usual],
  ['in long silence', { ...USUAL, quietMs: QUIET_MS + 1 }, PACE.quiet],
])) {
  test(`the pace ${name}`, () => {
    const sent = run(showing('camera'), { ms: 60_000, moment });
    assert.equal(sent[0].at, 0);
    assert.deepEqual(new Set(gaps(sent)), new Set([gap]));
  });
}

test('never more than one a second, even for what is new', () => {
  const frames = showing('camera');
  run(frames, { ms: 200 });
  frames.add('screen');
  frames.renew();
  assert.deepEqual(frames.due(PACE.speaking - 1, SPEAKING), []);
  assert.deepEqual(frames.due(PACE.speaking, USUAL), ['screen', 'camera']);
});

test('two sources take turns', () => {
  const sent = run(showing('camera', 'screen'), { ms: 20_000, moment: SPEAKING });
  assert.deepEqual(sent.map(({ source }) => source), sent.map((_, i) => (i % 2 ? 'screen' : 'camera')));
  assert.ok(sent.length > 10);
  assert.ok(Math.min(...gaps(sent)) >= PACE.speaking);
});

test('a source that stands still does not keep the other from its turn', () => {
  const frames = showing('camera', 'screen');
  const still = signature(10);
  frames.answered(frames.left('screen', still, { bytes: 1_000, poor: false }, 0), true, 10);
  const sent = [];
  for (let now = 1_000; now < 10_000; now += 50) {
    const looks = (/** @type {string} */ name) => (name === 'screen' ? still : signature(now % 200));
    const source = frames.due(now, SPEAKING).find((name) => frames.wants(name, looks(name)));
    if (!source) continue;
    frames.answered(frames.left(source, looks(source), { bytes: 1_000, poor: false }, now), true, now + 10);
    sent.push(source);
  }
  assert.equal(sent.filter((source) => source === 'screen').length, 1, 'again once, after 6 s');
  assert.ok(sent.length >= 5);
});

test('what does not change goes once', () => {
  assert.equal(run(showing('screen'), { ms: 60_000, changes: false }).length, 1);
});

test('a changed digit on a screen counts, the noise of a camera does not', () => {
  for (const [source, by, wanted] of /** @type {const} */ ([['screen', 3, true], ['screen', 1, false], ['camera', 3, false], ['camera', 10, true]])) {
    const frames = showing(source);
    frames.answered(frames.left(source, signature(100), { bytes: 1, poor: false }, 0), true, 1);
    assert.equal(frames.wants(source, signature(100, 100 + by)), wanted, `${source} by ${by}`);
  }
});

test('a slow drift is seen: it is held against what the model saw, not against the picture before', () => {
  const frames = showing('camera');
  frames.answered(frames.left('camera', signature(100), { bytes: 1, poor: false }, 0), true, 1);
  const drift = Array.from({ length: 10 }, (_, i) => frames.wants('camera', signature(100 + i)));
  assert.equal(drift[3], false);
  assert.equal(drift[9], true);
});

test('what no model took goes again', () => {
  const frames = showing('screen');
  frames.answered(frames.left('screen', signature(1), { bytes: 1, poor: false }, 0), false, 10);
  assert.equal(frames.wants('screen', signature(1)), true);
});

test('one goes again after a reconnection, and after the edits change', () => {
  for (const happen of /** @type {((frames: Frames) => void)[]} */ ([(f) => f.reconnected(), (f) => f.renew('screen')])) {
    const frames = showing('screen');
    run(frames, { ms: 1_000, changes: false });
    happen(frames);
    assert.equal(run(frames, { ms: 30_000, changes: false, from: 1_000 }).length, 1);
  }
});

test('a frame that left before the edits changed does not count as seen', () => {
  const frames = showing('screen');
  const seq = frames.left('screen', signature(1), { bytes: 1, poor: false }, 0);
  frames.renew('screen');
  frames.answered(seq, true, 10);
  assert.equal(frames.wants('screen', signature(1)), true);
});

test('one in flight, and the next after its acknowledgement', () => {
  const frames = showing('camera');
  const seq = frames.left('camera', signature(1), { bytes: 1, poor: false }, 0);
  assert.deepEqual(frames.due(LOST_MS - 1, SPEAKING), []);
  frames.answered(seq, true, 50);
  assert.deepEqual(frames.due(PACE.speaking, SPEAKING), ['camera']);
});

test('an acknowledgement that never comes is given up, and its latecomer means nothing', () => {
  const frames = showing('camera');
  const seq = frames.left('camera', signature(1), { bytes: 1, poor: false }, 0);
  assert.deepEqual(frames.due(LOST_MS, SPEAKING), ['camera']);
  assert.ok(frames.budget < BYTES.first);
  const next = frames.left('camera', signature(2), { bytes: 1, poor: false }, LOST_MS);
  frames.answered(seq, true, LOST_MS + 1);
  assert.deepEqual(frames.due(LOST_MS + 5_000, SPEAKING), []);
  frames.answered(next, true, LOST_MS + 50);
  assert.deepEqual(frames.due(LOST_MS + 5_000, SPEAKING), ['camera']);
});

test('after a slow frame the path is left to the voice', () => {
  const frames = showing('camera');
  frames.answered(frames.left('camera', signature(1), { bytes: 1, poor: false }, 0), true, 800);
  assert.deepEqual(frames.due(4_000, SPEAKING), []);
  assert.deepEqual(frames.due(5_000, SPEAKING), ['camera']);
});

test('while the voice lags no frame leaves', () => {
  assert.deepEqual(run(showing('camera', 'screen'), { ms: 60_000, moment: { ...SPEAKING, lagging: true } }), []);
});

test('a stopped source is not looked at, and its late answer does no harm', () => {
  const frames = showing('camera', 'screen');
  const seq = frames.left('camera', signature(1), { bytes: 1, poor: false }, 0);
  frames.remove('camera');
  frames.answered(seq, true, 10);
  assert.deepEqual(frames.due(5_000, SPEAKING), ['screen']);
  assert.equal(frames.wants('camera', signature(3)), false);
});

/** @param {Frames} frames @param {number} bytes @param {number} ackMs @param {number} times */
function acked(frames, bytes, ackMs, times = 1) {
  const budgets = [];
  for (let i = 0; i < times; i++) {
    const at = i * 100_000;
    frames.answered(frames.left('camera', signature(i), { bytes: Math.min(bytes, frames.budget), poor: false }, at), true, at + ackMs);
    budgets.push(frames.budget);
  }
  return budgets;
}

test('the budget grows while acknowledgements come at once, up to what the server takes', () => {
  const budgets = acked(showing('camera'), MOST, 20, 5);
  assert.deepEqual(budgets, [60_000, 120_000, 240_000, MOST, MOST]);
});

test('the budget shrinks to what arrives within two fifths of a second, down to the least', () => {
  const frames = showing('camera');
  assert.deepEqual(acked(frames, MOST, 500, 2), [24_000, 19_200]);
  assert.deepEqual(acked(frames, MOST, 8_000, 2), [BYTES.least, BYTES.least]);
});

test('a small frame on a far path does not lower the budget', () => {
  assert.deepEqual(acked(showing('camera'), 2_000, 350), [BYTES.first]);
});

test('on a path of constant rate the frames settle at about two fifths of a second each', () => {
  for (const rate of [50_000, 120_000, 400_000]) {
    const frames = showing('camera');
    for (let i = 0; i < 20; i++) {
      const { budget } = frames;
      frames.answered(frames.left('camera', signature(i), { bytes: budget, poor: true }, i * 9_000), true, i * 9_000 + (1_000 * budget) / rate);
    }
    assert.ok(Math.abs(frames.budget / rate - 0.4) < 0.04, `${rate}: ${frames.budget}`);
  }
});

test('what was sent poorly goes again when the path turns out to be wide, then no more', () => {
  const frames = showing('screen');
  const still = signature(5);
  frames.answered(frames.left('screen', still, { bytes: 30_000, poor: true }, 0), true, 20);
  assert.equal(frames.wants('screen', still), true);
  frames.answered(frames.left('screen', still, { bytes: 50_000, poor: false }, 1_000), true, 1_030);
  assert.equal(frames.wants('screen', still), false);
});

test('on a narrow path what was sent poorly stays', () => {
  const frames = showing('screen');
  frames.answered(frames.left('screen', signature(5), { bytes: 30_000, poor: true }, 0), true, 400);
  assert.equal(frames.wants('screen', signature(5)), false);
});

test('a signature is the mean luminance of each field', () => {
  const grid = 32;
  const side = 2 * grid;
  const rgba = new Uint8ClampedArray(4 * side * side).fill(255);
  for (const channel of [0, 1, 2]) rgba[4 * (side * 1 + 2) + channel] = 0; // one of the four pixels of field 1
  const signature = signatureOf(rgba, grid);
  assert.equal(signature.length, grid * grid);
  assert.ok(Math.abs(signature[1] - 0.75 * 255) < 0.01);
  assert.ok([...signature].every((value, at) => at === 1 || Math.abs(value - 255) < 0.01));
});
