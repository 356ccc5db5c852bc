import assert from 'node:assert/strict';
import { test } from 'node:test';

const refusing = { getItem: () => { throw new Error('SecurityError'); }, setItem: () => { throw new Error('QuotaExceededError'); }, removeItem: () => {} };
/** @type {any} */ (globalThis).window = { sessionStorage: refusing, localStorage: refusing, addEventListener() {} };
const { Memory } = await import('../../src/genmedia_live/web/lib/memory.js');

test('where nothing can be stored a choice still counts, until the page goes', () => {
  const memory = new Memory();
  assert.deepEqual([memory.choices, memory.panel, memory.conversation], [{}, true, null]);
  memory.choices = { ...memory.choices, duck: false };
  memory.panel = false;
  memory.conversation = 'c';
  assert.deepEqual([memory.choices, memory.panel, memory.conversation], [{ duck: false }, false, 'c']);
  memory.conversation = null;
  assert.equal(memory.conversation, null);
});
