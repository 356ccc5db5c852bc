import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conversation } from '../../src/genmedia_live/web/lib/conversation.js';

const PIECE = new ArrayBuffer(1_280); // 40 ms

/** A conversation over a path that takes everything and answers at once; `said` is what left. @param {boolean} byHand */
function talk(byHand) {
  const settings = { manual_activity: byHand };
  /** @type {[string, any][]} */
  const said = [];
  const link = {
    connected: true,
    say: (/** @type {string} */ event, /** @type {any} */ map) => said.push([event, map]) > 0,
    ask: async (/** @type {string} */ event, /** @type {any} */ map) =>
      event === 'configure' ? { settings: { ...settings, ...map.settings } } : { conversation: 'c', settings, turns: [], voices: [], engine: 'local' },
    comeBack: () => {},
    close: () => {},
  };
  const memory = { conversation: null, seq: 0 };
  const conversation = new Conversation(/** @type {any} */ (link), /** @type {any} */ (memory), () => ({}), () => {});
  return { conversation, said, events: () => said.map(([event, map]) => map.state ?? event) };
}

test('with push-to-talk nothing leaves but what is said in between', async () => {
  const { conversation, events } = talk(true);
  conversation.mic(PIECE); // before anybody knew of push-to-talk
  await conversation.begin();
  conversation.mic(PIECE); // on its way from the microphone
  assert.deepEqual(events(), []);
  conversation.activity('start');
  conversation.mic(PIECE);
  conversation.activity('end');
  conversation.mic(PIECE);
  assert.deepEqual(events(), ['start', 'mic', 'end']);
});

test('from the moment on that push-to-talk is in force', async () => {
  const { conversation, events } = talk(false);
  await conversation.begin();
  conversation.mic(PIECE);
  await conversation.configure({ manual_activity: true });
  conversation.mic(PIECE);
  await conversation.configure({ manual_activity: false });
  conversation.mic(PIECE);
  assert.deepEqual(events(), ['mic', 'mic']);
});

test('what was being said when the connection went arrives with its end', async () => {
  const { conversation, events } = talk(true);
  await conversation.begin();
  conversation.activity('start');
  conversation.mic(PIECE);
  conversation.away();
  assert.equal(conversation.running, false);
  conversation.mic(PIECE);
  conversation.activity('end');
  await conversation.begin();
  assert.equal(conversation.running, true);
  assert.deepEqual(events(), ['start', 'mic', 'mic', 'end']);
});
