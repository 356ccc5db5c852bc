import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interleaved } from '../../src/genmedia_live/web/lib/calls.js';
import { INITIAL, reduce } from '../../src/genmedia_live/web/lib/session.js';
import { SOURCE_WORDS } from '../../src/genmedia_live/web/lib/words.js';

/** @typedef {import('../../src/genmedia_live/web/lib/session.js').Event} Event */
/** @typedef {import('../../src/genmedia_live/web/lib/session.js').State} State */

/** @param {...Event} events */
const after = (...events) => events.reduce(reduce, /** @type {State} */ (INITIAL));
/** @param {State} state */
const codes = (state) => state.notices.map(({ code }) => code);
/** @param {'camera' | 'screen'} source @param {any} state @param {any} [reason] @returns {Event} */
const source = (source, state, reason) => ({ type: 'source', source, state, reason });
/** @param {string} id @returns {Event} */
const picture = (id) => ({ type: 'picture', picture: { id, name: `${id}.png`, url: `blob:${id}`, width: 4, height: 3, state: 'sending' } });
/** @param {number} turn @param {string} role @returns {Event} */
const caption = (turn, role) => ({ type: 'server', event: 'caption', map: { turn, role, text: `${role} ${turn}`, final: true, cut: false } });

test('camera and screen come and go apart', () => {
  const state = after(source('camera', 'asking'), source('camera', 'on'), source('screen', 'on'), source('camera', 'off'));
  assert.deepEqual(state.sources, { camera: 'off', screen: 'on' });
});

for (const name of /** @type {const} */ (['camera', 'screen'])) {
  for (const reason of Object.keys(SOURCE_WORDS[name])) {
    test(`${name}: "${reason}" is said once, and gone with the next try`, () => {
      const state = after(source(name, 'asking'), source(name, 'off', reason), source(name, 'off', reason));
      assert.deepEqual(codes(state), [`${name}_${reason}`]);
      assert.ok(state.notices[0].message.length > 20);
      const canTry = !['insecure', 'unsupported', 'cancelled'].includes(reason);
      assert.equal(state.notices[0].remedy, canTry ? name : undefined);
      assert.deepEqual(codes(reduce(state, source(name, 'asking'))), []);
    });
  }
}

test('a notice of the camera stays when the screen is shared', () => {
  assert.deepEqual(codes(after(source('camera', 'off', 'denied'), source('screen', 'asking'), source('screen', 'on'))), ['camera_denied']);
});

test('with the conversation all that is shown ends', () => {
  for (const end of /** @type {Event[]} */ ([{ type: 'stopped' }, { type: 'lost' }, { type: 'server', event: 'goodbye', map: { why: 'deleted' } }])) {
    assert.deepEqual(after(source('camera', 'on'), source('screen', 'asking'), end).sources, { camera: 'off', screen: 'off' });
  }
});

test('a picture stands where it was given', () => {
  const state = after(picture('a'), caption(1, 'user'), caption(1, 'agent'), picture('b'), caption(2, 'user'), caption(2, 'agent'));
  const order = interleaved(state.turns, state.tools, state.pictures).map((entry) => ('url' in entry ? entry.name : 'id' in entry ? entry.id : entry.text));
  assert.deepEqual(order, ['a.png', 'user 1', 'agent 1', 'b.png', 'user 2', 'agent 2']);
});

test('a picture is on its way, then sent or not; why not is said', () => {
  const state = after(picture('a'), picture('b'), { type: 'picture_went', id: 'a', sent: true });
  assert.deepEqual(state.pictures.map((one) => one.state), ['sent', 'sending']);
  const problem = { code: 'too_many', message: 'Wait a moment.' };
  const refused = reduce(state, { type: 'picture_went', id: 'b', sent: false, problem });
  assert.deepEqual(refused.pictures.map((one) => one.state), ['sent', 'failed']);
  assert.deepEqual(codes(refused), ['too_many']);
});

test('what is wrong with a picture is said until the next one', () => {
  const state = after({ type: 'no_picture', reason: 'svg' });
  assert.deepEqual(codes(state), ['picture_svg']);
  assert.deepEqual(codes(reduce(state, picture('a'))), []);
});

test('another conversation begins without pictures, the same goes on with them', () => {
  assert.equal(after(picture('a'), { type: 'begin', again: false }).pictures.length, 0);
  assert.equal(after(picture('a'), { type: 'begin', again: true }).pictures.length, 1);
});
