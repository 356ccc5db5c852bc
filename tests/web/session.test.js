import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INITIAL, reduce, stateWord } from '../../src/genmedia_live/web/lib/session.js';

/** @typedef {import('../../src/genmedia_live/web/lib/session.js').Event} Event */
/** @typedef {import('../../src/genmedia_live/web/lib/session.js').State} State */

const CONFIG = /** @type {any} */ ({ state: 'ready', engine: 'local', models: [], voices: [], limits: {}, problem: null, loading: null });
const ANSWER = {
  conversation: 'c', engine: 'local', resumed: false, voices: [], turns: [],
  settings: { model: 'm', voice: 'heart', instructions: '', language: null, manual_activity: false },
};

/** @param {string} event @param {any} map @returns {Event} */
const said = (event, map) => ({ type: 'server', event, map });
/** @param {string} state @returns {Event} */
const status = (state) => said('status', { state, since: 0 });
/** @param {number} turn @param {string} role @param {string} text @returns {Event} */
const caption = (turn, role, text) => said('caption', { turn, role, text, final: false, cut: false });

/** @param {...Event} events */
const after = (...events) => events.reduce(reduce, /** @type {State} */ (INITIAL));
/** @type {Event[]} */
const LIVE = [{ type: 'config', config: CONFIG }, { type: 'begin', again: false }, { type: 'up' }, { type: 'started', answer: ANSWER }, status('listening')];
/** @param {...Event} events */
const live = (...events) => after(...LIVE, ...events);
/** @param {State} state */
const codes = (state) => state.notices.map(({ code }) => code);

test('the word before a conversation is what the server says of itself', () => {
  assert.equal(stateWord(after()), 'connecting');
  for (const [state, word] of [['ready', 'idle'], ['loading', 'loading'], ['unavailable', 'unavailable']]) {
    assert.equal(stateWord(after({ type: 'config', config: { ...CONFIG, state } })), word);
  }
});

test('the word in a conversation is the server’s', () => {
  for (const word of ['connecting', 'listening', 'thinking', 'speaking', 'reconnecting', 'resuming', 'held', 'needs_token', 'draining']) {
    assert.equal(stateWord(live(status(word))), word);
  }
});

test('while the connection is away it is reconnecting, whatever the server said last', () => {
  const state = live(status('speaking'), { type: 'down', retryMs: 300 });
  assert.equal(stateWord(state), 'reconnecting');
  assert.equal(stateWord(reduce(reduce(state, { type: 'up' }), status('listening'))), 'listening');
});

test('it is speaking as long as the voice sounds here', () => {
  const state = live({ type: 'sounding', turn: 1 });
  assert.equal(stateWord(state), 'speaking');
  assert.equal(stateWord(reduce(state, { type: 'sounding', turn: null })), 'listening');
});

test('silenced by hand it listens at once, before the server has said so', () => {
  const state = live(status('speaking'), { type: 'sounding', turn: 1 }, { type: 'hushed' });
  assert.equal(stateWord(state), 'listening');
  assert.equal(stateWord(reduce(state, status('speaking'))), 'speaking');
});

test('a start that has to wait says for what, and clears when it is taken', () => {
  const problem = { code: 'loading_models', message: 'The models are loading.' };
  const state = after(LIVE[0], LIVE[1], { type: 'up' }, { type: 'later', problem, afterMs: 2_000 });
  assert.equal(stateWord(state), 'loading');
  assert.equal(stateWord(reduce(state, { type: 'later', problem: { code: 'full', message: 'Full.' }, afterMs: 2_000 })), 'connecting');
  assert.equal(reduce(state, { type: 'started', answer: ANSWER }).waiting, null);
});

test('captions stand in the order of speaking, the person before the agent', () => {
  const { turns } = live(caption(1, 'agent', 'Hi'), caption(2, 'agent', 'Two'), caption(1, 'user', 'Hello'), caption(2, 'user', 'And?'));
  assert.deepEqual(turns.map(({ turn, role }) => `${turn} ${role}`), ['1 user', '1 agent', '2 user', '2 agent']);
});

test('a caption replaces what stood there, it does not add to it', () => {
  const { turns } = live(caption(1, 'agent', 'It is'), caption(1, 'agent', 'It is noon.'));
  assert.deepEqual(turns.map(({ text }) => text), ['It is noon.']);
});

test('an interrupted turn is cut, and its last caption shortens it', () => {
  const told = live(caption(1, 'agent', 'Once upon a time'), said('turn', { turn: 1, state: 'interrupted' }));
  assert.equal(told.turns[0].cut, true);
  const { turns } = reduce(told, said('caption', { turn: 1, role: 'agent', text: 'Once upon', final: true, cut: true }));
  assert.deepEqual(turns, [{ turn: 1, role: 'agent', text: 'Once upon', final: true, cut: true }]);
  assert.equal(live(caption(1, 'agent', 'All'), said('turn', { turn: 1, state: 'complete' })).turns[0].cut, false);
});

test('a conversation that goes on keeps what was said, a new one begins empty', () => {
  const before = live(caption(1, 'agent', 'Hi'));
  assert.equal(reduce(before, { type: 'begin', again: true }).turns.length, 1);
  assert.equal(reduce(before, { type: 'begin', again: false }).turns.length, 0);
  const turns = [{ turn: 1, role: 'agent', text: 'Hi there', final: true, cut: false }];
  assert.deepEqual(reduce(before, { type: 'started', answer: { ...ANSWER, turns } }).turns, turns);
});

test('a conversation that the server forgot: go on with a new one in mid-talk, wait for the person after a reload', () => {
  const talking = live(caption(1, 'agent', 'Hi'), { type: 'forgotten', goesOn: true });
  assert.deepEqual([talking.phase, talking.turns, codes(talking)], ['live', [], ['not_found']]);
  const reloaded = after(LIVE[0], { type: 'begin', again: true }, { type: 'up' }, { type: 'forgotten', goesOn: false });
  assert.deepEqual([stateWord(reloaded), codes(reloaded)], ['idle', ['not_found']]);
});

test('typed words show until the server has them', () => {
  const state = live({ type: 'typed', ref: 'a', text: 'one' }, { type: 'typed', ref: 'b', text: 'two' });
  assert.deepEqual(reduce(state, { type: 'taken', ref: 'a' }).typed, [{ ref: 'b', text: 'two' }]);
  const refused = reduce(state, { type: 'untyped', ref: 'b', problem: { code: 'too_large', message: 'Too long.' } });
  assert.deepEqual(refused.typed, [{ ref: 'a', text: 'one' }]);
  assert.deepEqual(codes(refused), ['too_large']);
});

test('each microphone trouble has its own words, and is gone when there is a microphone', () => {
  for (const reason of /** @type {const} */ (['insecure', 'denied', 'none', 'busy', 'unplugged', 'failed'])) {
    const state = live({ type: 'mic', mic: 'off', reason });
    assert.deepEqual(codes(state), [`microphone_${reason}`]);
    assert.match(state.notices[0].message, /[Tt]yping works/);
    assert.deepEqual(codes(reduce(state, { type: 'mic', mic: 'on' })), []);
  }
});

test('taken over: it ends here, and can be taken back', () => {
  for (const event of [said('error', { code: 'taken_over', fault: 'client', retryable: false, message: '' }), said('goodbye', { why: 'taken_over' })]) {
    const state = live({ type: 'mic', mic: 'on' }, event);
    assert.equal(stateWord(state), 'ended');
    assert.equal(state.mic, 'off');
    assert.deepEqual(state.notices, [{ code: 'taken_over', message: state.notices[0].message, remedy: 'takeover' }]);
  }
});

test('a goodbye with a time to come back is no end', () => {
  assert.equal(stateWord(live(said('goodbye', { why: 'draining', retry_after_ms: 500 }))), 'draining');
  assert.equal(stateWord(live(said('goodbye', { why: 'ended' }))), 'ended');
});

test('the same trouble is shown once, and only so many at a time', () => {
  const trouble = (/** @type {string} */ code) => said('error', { code, fault: 'ours', retryable: true, message: code });
  assert.deepEqual(codes(live(trouble('quota'), trouble('quota'))), ['quota']);
  assert.deepEqual(codes(live(...['a', 'b', 'c', 'd'].map(trouble))), ['d', 'c', 'b']);
});

test('a dismissed notice is gone', () => {
  const state = live(said('error', { code: 'quota', fault: 'upstream', retryable: true, message: 'Used up.' }));
  assert.deepEqual(codes(reduce(state, { type: 'dismiss', code: 'quota' })), []);
});

test('held offers to try again', () => {
  const [notice] = live(status('held')).notices;
  assert.equal(notice.remedy, 'again');
});

test('a tool shows what it was asked while it runs, and what it answered when it is done', () => {
  const tool = (/** @type {string} */ id, /** @type {string} */ state, detail = '') => said('tool', { id, name: 'clock', state, turn: 1, detail });
  const state = live(tool('1', 'running', 'asked'), tool('2', 'running'), tool('1', 'done', 'answered'));
  assert.deepEqual(state.tools, [
    { id: '1', name: 'clock', state: 'done', turn: 1, asked: 'asked', answered: 'answered' },
    { id: '2', name: 'clock', state: 'running', turn: 1, asked: '', answered: '' },
  ]);
});

test('a tool that ran when the conversation ended was cancelled; of one that ran while nobody listened the end is not known', () => {
  const running = said('tool', { id: '1', name: 'clock', state: 'running', turn: 1, detail: '' });
  assert.deepEqual(live(running, { type: 'stopped' }).tools.map(({ state }) => state), ['cancelled']);
  const back = live(running, { type: 'down', retryMs: 1 }, { type: 'up' }, { type: 'started', answer: ANSWER });
  assert.deepEqual(back.tools.map(({ state }) => state), ['lost']);
  const told = reduce(back, said('tool', { id: '1', name: 'clock', state: 'done', turn: 1, detail: 'x' }));
  assert.deepEqual(told.tools.map(({ state }) => state), ['done']);
});

test('a new conversation has no tools of the one before', () => {
  const state = live(said('tool', { id: '1', name: 'clock', state: 'done', turn: 1, detail: '' }), { type: 'stopped' });
  assert.equal(reduce(state, { type: 'begin', again: true }).tools.length, 1);
  assert.equal(reduce(state, { type: 'begin', again: false }).tools.length, 0);
});

test('settings in force have every field, and a language that is none is an empty word', () => {
  const { settings } = live();
  assert.equal(settings?.language, '');
  assert.equal(settings?.interruptible, true);
  const changed = live({ type: 'configured', settings: { ...ANSWER.settings, voice: 'sol', language: 'de-DE' } });
  assert.deepEqual([changed.settings?.voice, changed.settings?.language], ['sol', 'de-DE']);
});

test('a change that was refused says why and leaves what is in force', () => {
  const problem = { code: 'bad_settings', message: 'The model does not take it.' };
  const state = live({ type: 'unconfigured', problem });
  assert.deepEqual([codes(state), state.settings], [['bad_settings'], live().settings]);
  assert.deepEqual(codes(reduce(state, { type: 'configured', settings: ANSWER.settings })), []);
});

test('audio that changes nothing that is shown changes nothing', () => {
  const state = live(said('audio', { turn: 4 }));
  assert.equal(state.voiced, 4);
  assert.equal(reduce(state, said('audio', { turn: 4 })), state);
});

test('no event changes the state it is given', () => {
  const freeze = (/** @type {any} */ value) => {
    if (value && typeof value === 'object') Object.values(Object.freeze(value)).forEach(freeze);
    return value;
  };
  [...LIVE, caption(1, 'user', 'Hi'), caption(1, 'agent', 'Hello'), said('turn', { turn: 1, state: 'interrupted' }), said('goodbye', { why: 'x' })]
    .reduce((state, event) => freeze(reduce(state, event)), freeze({ ...INITIAL }));
});
