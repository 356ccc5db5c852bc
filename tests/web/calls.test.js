import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interleaved, readable, running } from '../../src/genmedia_live/web/lib/calls.js';

/** @param {number} turn @param {'user' | 'agent'} role */
const caption = (turn, role) => ({ turn, role, text: '', final: true, cut: false });
/** @param {string} id @param {number} turn @param {any} [state] */
const call = (id, turn, state = 'done') => ({ id, name: 'clock', state, turn, asked: '', answered: '' });

test('a tool stands between the person’s words and the agent’s, in the order of the calls', () => {
  const captions = [caption(1, 'user'), caption(1, 'agent'), caption(2, 'agent'), caption(3, 'user')];
  const lines = interleaved(captions, [call('b', 1), call('a', 1), call('c', 2), call('d', 3)]);
  const names = lines.map((line) => ('id' in line ? line.id : `${line.turn} ${line.role}`));
  assert.deepEqual(names, ['1 user', 'b', 'a', '1 agent', 'c', '2 agent', '3 user', 'd']);
});

test('running are those that have not ended', () => {
  assert.deepEqual(running([call('1', 1), { ...call('2', 1, 'running'), name: 'search' }]), ['search']);
});

test('a function’s name is made readable', () => {
  const names = { look_up_order: 'Look up order', lookUpOrder: 'Look up order', 'shop.find-item2': 'Shop find item2', clock: 'Clock', '': '' };
  for (const [name, words] of Object.entries(names)) assert.equal(readable(name), words);
});
