import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  between, contained, dragged, layout, LEAST, mayLeave, MOST_BLACKOUTS, NO_EDITS, sourcePoint, withBlackout, withBlackoutAt, withCrop, withoutBlackout,
  withPointer,
} from '../../src/genmedia_live/web/lib/edits.js';

/** @typedef {import('../../src/genmedia_live/web/lib/edits.js').Rect} Rect */

/** @param {number} x @param {number} y @param {number} width @param {number} height */
const rect = (x, y, width, height) => ({ x, y, width, height });

/** @param {Rect} got @param {Rect} wanted */
function same(got, wanted) {
  for (const side of /** @type {const} */ (['x', 'y', 'width', 'height'])) {
    assert.ok(Math.abs(got[side] - wanted[side]) < 1e-9, `${side}: ${got[side]}, not ${wanted[side]}`);
  }
}

/** Numbers of 0 to 1 that are the same in every run (Marsaglia's xorshift). @param {number} seed */
function chance(seed) {
  return () => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return (seed >>> 0) / 2 ** 32;
  };
}

for (const [name, a, b, least, wanted] of /** @type {const} */ ([
  ['either way round', { x: 0.7, y: 0.2 }, { x: 0.3, y: 0.6 }, 0.01, rect(0.3, 0.2, 0.4, 0.4)],
  ['cut at the edges', { x: -0.5, y: 0.9 }, { x: 0.2, y: 1.4 }, 0.01, rect(0, 0.9, 0.2, 0.1)],
  ['a click still hides something', { x: 0.5, y: 0.5 }, { x: 0.5, y: 0.5 }, 0.02, rect(0.5, 0.5, 0.02, 0.02)],
  ['also in the last corner', { x: 1, y: 1 }, { x: 1, y: 1 }, 0.02, rect(0.98, 0.98, 0.02, 0.02)],
])) {
  test(`a rectangle between two corners: ${name}`, () => same(between(a, b, least), wanted));
}

for (const [name, grip, by, wanted] of /** @type {const} */ ([
  ['moved', 'all', { x: 0.1, y: -0.1 }, rect(0.3, 0.2, 0.4, 0.2)],
  ['moved against an edge it keeps its size', 'all', { x: 9, y: -9 }, rect(0.6, 0, 0.4, 0.2)],
  ['a corner', 'se', { x: 0.1, y: 0.1 }, rect(0.2, 0.3, 0.5, 0.3)],
  ['a side leaves the others', 'w', { x: -0.1, y: 0.5 }, rect(0.1, 0.3, 0.5, 0.2)],
  ['never past the opposite side', 'nw', { x: 1, y: 1 }, rect(0.55, 0.45, 0.05, 0.05)],
  ['never outside', 'se', { x: 1, y: 1 }, rect(0.2, 0.3, 0.8, 0.7)],
])) {
  test(`dragging: ${name}`, () => same(dragged(rect(0.2, 0.3, 0.4, 0.2), grip, by, 0.05), wanted));
}

test('edits are values: each change makes new ones', () => {
  const one = withBlackout(NO_EDITS, rect(0, 0, 0.1, 0.1));
  const two = withBlackout(one, rect(0.5, 0.5, 0.1, 0.1));
  assert.deepEqual(NO_EDITS, { crop: null, blackouts: [], pointer: null });
  assert.equal(one.blackouts.length, 1);
  assert.deepEqual(withBlackoutAt(two, 1, rect(0.6, 0.5, 0.1, 0.1)).blackouts, [rect(0, 0, 0.1, 0.1), rect(0.6, 0.5, 0.1, 0.1)]);
  assert.deepEqual(withoutBlackout(two, 0).blackouts, [rect(0.5, 0.5, 0.1, 0.1)]);
  assert.deepEqual(withCrop(two, rect(0, 0, 1, 0.5)).blackouts, two.blackouts);
  assert.deepEqual(withPointer(two, { x: 1, y: 0 }).pointer, { x: 1, y: 0 });
});

test('black-outs are bounded', () => {
  let edits = NO_EDITS;
  for (let i = 0; i < MOST_BLACKOUTS + 5; i++) edits = withBlackout(edits, rect(0, 0, 0.1, 0.1));
  assert.equal(edits.blackouts.length, MOST_BLACKOUTS);
});

test('a frame from before a black-out or a crop may not leave; one from before the pointer moved may', () => {
  assert.ok(mayLeave(NO_EDITS, NO_EDITS));
  assert.ok(mayLeave(NO_EDITS, withPointer(NO_EDITS, { x: 0, y: 0 })));
  assert.ok(!mayLeave(NO_EDITS, null));
  assert.ok(!mayLeave(NO_EDITS, withBlackout(NO_EDITS, rect(0, 0, 0.1, 0.1))));
  assert.ok(!mayLeave(NO_EDITS, withCrop(NO_EDITS, rect(0, 0, 0.5, 0.5))));
});

test('a wide source in a square box has bars above and below', () => {
  same(contained({ width: 200, height: 200 }, { width: 1600, height: 800 }), rect(0, 50, 200, 100));
  same(contained({ width: 200, height: 50 }, { width: 800, height: 800 }), rect(75, 0, 50, 50));
});

test('the point of the source that lies under a point of the preview', () => {
  const shown = contained({ width: 400, height: 300 }, { width: 1920, height: 1080 });
  assert.deepEqual(sourcePoint({ x: 200, y: 150 }, shown), { x: 0.5, y: 0.5 });
  assert.deepEqual(sourcePoint({ x: 0, y: shown.y }, shown), { x: 0, y: 0 });
  assert.deepEqual(sourcePoint({ x: -5, y: 1e4 }, shown), { x: 0, y: 1 });
});

for (const [source, longest, wanted] of /** @type {const} */ ([
  [[1920, 1080], 1024, [1024, 576]],
  [[1080, 1920], 1024, [576, 1024]],
  [[640, 480], 1024, [640, 480]],
  [[4000, 1], 1024, [1024, 1]],
])) {
  test(`${source.join(' × ')} becomes ${wanted.join(' × ')}`, () => {
    const { width, height } = layout({ width: source[0], height: source[1] }, NO_EDITS, longest);
    assert.deepEqual([width, height], wanted);
  });
}

test('a crop of a large source keeps its pixels: that is how small text becomes legible', () => {
  const { cut, width, height } = layout({ width: 3840, height: 2160 }, withCrop(NO_EDITS, rect(0.5, 0.5, 0.25, 0.25)), 1024);
  assert.deepEqual([cut, width, height], [rect(1920, 1080, 960, 540), 960, 540]);
});

test('nothing outside the crop is cut in', () => {
  const { cut } = layout({ width: 100, height: 100 }, withCrop(NO_EDITS, rect(0.101, 0.109, 0.5, 0.5)), 1024);
  assert.deepEqual(cut, rect(11, 11, 49, 49));
});

test('a black-out outside the crop is not in the frame; one across its edge is, as far as it reaches', () => {
  const crop = withCrop(NO_EDITS, rect(0.5, 0, 0.5, 1));
  const plan = layout({ width: 1000, height: 500 }, withBlackout(withBlackout(crop, rect(0.1, 0.1, 0.1, 0.1)), rect(0.4, 0.2, 0.2, 0.2)), 1024);
  assert.deepEqual(plan.black, [rect(0, 99, 101, 102)]);
});

test('the pointer goes with the crop, and is not drawn outside it', () => {
  const source = { width: 2000, height: 1000 };
  const edits = withCrop(withPointer(NO_EDITS, { x: 0.75, y: 0.5 }), rect(0.5, 0, 0.5, 1));
  const { pointer } = layout(source, edits, 500);
  assert.deepEqual([pointer?.x, pointer?.y], [250, 250]);
  assert.equal(layout(source, withPointer(edits, { x: 0.4, y: 0.5 }), 500).pointer, null);
});

test('whatever the edits: all of a black-out is black, and all of the frame is of the source', () => {
  const next = chance(2026);
  const random = (/** @type {number} */ least) => between({ x: next(), y: next() }, { x: next(), y: next() }, least);
  for (let i = 0; i < 5_000; i++) {
    const source = { width: 1 + Math.floor(next() * 4_000), height: 1 + Math.floor(next() * 4_000) };
    let edits = next() < 0.5 ? withCrop(NO_EDITS, random(LEAST.crop)) : NO_EDITS;
    for (let n = next() * 4; n > 0; n--) edits = withBlackout(edits, random(LEAST.blackout));
    const plan = layout(source, edits, 16 + Math.floor(next() * 1_500));
    const { cut } = plan;
    assert.ok(cut.x >= 0 && cut.y >= 0 && cut.width >= 1 && cut.height >= 1);
    assert.ok(cut.x + cut.width <= source.width && cut.y + cut.height <= source.height);
    assert.ok(plan.width <= cut.width && plan.height <= cut.height);
    for (const { x, y, width, height } of edits.blackouts) {
      const corner = inFrame(plan, { x: x * source.width, y: y * source.height });
      const opposite = inFrame(plan, { x: (x + width) * source.width, y: (y + height) * source.height });
      covers(plan, plan.black, corner, opposite);
      covers(source, plan.hidden, { x: x * source.width, y: y * source.height }, { x: (x + width) * source.width, y: (y + height) * source.height });
    }
  }
});

/** @param {import('../../src/genmedia_live/web/lib/edits.js').Layout} plan @param {{x: number, y: number}} point in the source's pixels */
function inFrame({ cut, width, height }, { x, y }) {
  return { x: ((x - cut.x) * width) / cut.width, y: ((y - cut.y) * height) / cut.height };
}

/** @param {{width: number, height: number}} bounds @param {Rect[]} black @param {{x: number, y: number}} from @param {{x: number, y: number}} to */
function covers(bounds, black, from, to) {
  const [left, top] = [Math.max(0, from.x), Math.max(0, from.y)];
  const [right, bottom] = [Math.min(bounds.width, to.x), Math.min(bounds.height, to.y)];
  if (left >= right || top >= bottom) return; // not in the frame
  const found = black.some((b) => b.x <= left && b.y <= top && b.x + b.width >= right && b.y + b.height >= bottom);
  assert.ok(found, `${left} ${top} ${right} ${bottom} is not black in ${JSON.stringify(black)}`);
}
