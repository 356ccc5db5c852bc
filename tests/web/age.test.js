import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, kilobytes } from '../../src/genmedia_live/web/lib/age.js';

for (const [ms, words] of /** @type {const} */ ([
  [0, 'just now'],
  [999, 'just now'],
  [1_000, '1 s ago'],
  [59_999, '59 s ago'],
  [60_000, '1 min ago'],
  [3_599_999, '59 min ago'],
  [7_200_000, '2 h ago'],
])) {
  test(`${ms} ms is ${words}`, () => assert.equal(ago(ms), words));
}

for (const [bytes, words] of /** @type {const} */ ([
  [640, '0.6 kB'],
  [9_940, '9.9 kB'],
  [9_960, '10 kB'],
  [84_400, '84 kB'],
])) {
  test(`${bytes} bytes are ${words}`, () => assert.equal(kilobytes(bytes), words.replace(' ', '\u00a0')));
}
