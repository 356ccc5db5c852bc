import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  asked, asPersona, barred, DEFAULTS, differences, fitting, isEdited, isPatient, optionFault, patience, places, problemOf, PUSH_TO_TALK_REASON, remembered,
  voiceGroups, wordsFault,
} from '../../src/genmedia_live/web/lib/choices.js';
import { clientFault } from '../../src/genmedia_live/web/lib/wire.js';

const TRANSLATOR = {
  name: 'translator', title: 'Translator', description: '', instructions: 'From {first} to {second}.', voice: 'Aoede', greeting: true, shows: [],
  options: [
    { name: 'first', label: 'First language', default: 'English', choices: [] },
    { name: 'second', label: 'Second language', default: 'Spanish', choices: ['Spanish', 'German'] },
  ],
  tools: [], problem: null,
};
const ASSISTANT = { ...TRANSLATOR, name: 'assistant', title: 'Assistant', instructions: '', voice: null, greeting: false, options: [] };
const CONFIG = /** @type {any} */ ({
  engine: 'local', model: 'small', voice: 'heart',
  models: [
    { name: 'small', title: 'Small', refused: { affective: 'Too small.', language: 'English only.' }, notes: {} },
    { name: 'large', title: 'Large', refused: { silence_ms: 'It decides.' }, notes: { language: 'Only a hint.' } },
  ],
  voices: [{ name: 'heart', style: 'Warm' }, { name: 'Aoede', style: 'Breezy' }, { name: 'Breeze', style: 'Airy, a preset of Zephyr' }],
  personas: [TRANSLATOR, ASSISTANT],
});
const FRESH = remembered(CONFIG, {}, {});

test('without a memory it is the assistant with the server’s voice and model', () => {
  assert.deepEqual(FRESH, { ...DEFAULTS, model: 'small', voice: 'heart', persona: 'assistant' });
});

test('what is remembered comes back, as far as the server knows it', () => {
  const good = { model: 'large', voice: 'Aoede', nudge_s: 60, interruptible: false, thinking: 'low', language: 'de-DE', greeting: true };
  assert.deepEqual(remembered(CONFIG, good, {}), { ...FRESH, ...good });
  const bad = {
    model: 'gone', voice: 'Nobody', nudge_s: -1, interruptible: 'yes', thinking: 'a lot', language: '!', silence_ms: 1e9, persona: 7, foo: 1,
    options: 'x', instructions: 'x', greeting: null, end_sensitivity: 3,
  };
  assert.deepEqual(remembered(CONFIG, bad, /** @type {any} */ ({ assistant: { instructions: 7, options: [] } })), FRESH);
});

test('a persona brings its words, options, voice and greeting, but for what the person changed of it', () => {
  const fresh = asPersona(CONFIG, FRESH, 'translator', {});
  assert.deepEqual(fresh, {
    ...FRESH, persona: 'translator', voice: 'Aoede', greeting: true, instructions: TRANSLATOR.instructions, options: { first: 'English', second: 'Spanish' },
  });
  const edits = { translator: { instructions: 'Mine.', options: { first: 'Dutch', second: 'Klingon', third: 'x' } } };
  const edited = asPersona(CONFIG, fresh, 'translator', edits);
  assert.deepEqual([edited.instructions, edited.options], ['Mine.', { first: 'Dutch', second: 'Spanish' }]);
  assert.deepEqual(asPersona(CONFIG, edited, 'assistant', edits).options, {});
});

test('edited words that can’t be sent are forgotten', () => {
  for (const instructions of ['bell \u0007', 'x'.repeat(16_001)]) {
    assert.equal(asPersona(CONFIG, FRESH, 'translator', { translator: { instructions } }).instructions, TRANSLATOR.instructions);
  }
});

test('what the model refuses has its default, and the reason', () => {
  const wishes = { ...FRESH, affective: true, language: 'de-DE', silence_ms: 900 };
  assert.deepEqual(fitting(CONFIG, wishes), { ...FRESH, silence_ms: 900 });
  assert.equal(barred(CONFIG, FRESH).affective, 'Too small.');
  const large = fitting(CONFIG, { ...wishes, model: 'large' });
  assert.deepEqual([large.affective, large.language, large.silence_ms], [true, 'de-DE', 0]);
  assert.equal(barred(CONFIG, large).affective, undefined);
  assert.deepEqual(differences({ ...wishes, model: 'large' }, large), ['silence_ms']);
});

test('a model that decides on the pause leaves nothing to "Don’t interrupt me"', () => {
  assert.equal(barred(CONFIG, { ...FRESH, model: 'large' }).patience, 'It decides.');
});

test('a persona that needs what the model refuses has a problem', () => {
  const persona = { ...TRANSLATOR, needs: ['language'], problem: 'Said of another model.' };
  assert.equal(problemOf(CONFIG, FRESH, /** @type {any} */ (persona)), 'English only.');
  assert.equal(problemOf(CONFIG, { ...FRESH, model: 'large' }, /** @type {any} */ (persona)), null);
});

test('with push-to-talk there is nothing to detect, and nothing to duck', () => {
  const reasons = barred(CONFIG, { ...FRESH, manual_activity: true });
  for (const name of /** @type {const} */ (['start_sensitivity', 'end_sensitivity', 'silence_ms', 'patience', 'duck'])) {
    assert.equal(reasons[name], PUSH_TO_TALK_REASON);
  }
  assert.equal(barred(CONFIG, FRESH).silence_ms, undefined);
});

test('an agent that finishes what it says is not ducked', () => {
  assert.ok(barred(CONFIG, { ...FRESH, interruptible: false }).duck);
});

test('a conversation begins with the whole choice, without what the persona brings or the model refuses', () => {
  const settings = asked(CONFIG, FRESH);
  assert.equal(clientFault('configure', { settings }), null);
  for (const name of ['affective', 'language', 'instructions', 'options']) assert.ok(!(name in settings), name);
  assert.deepEqual([settings.persona, settings.voice, settings.greeting], ['assistant', 'heart', false]);
  const edited = asked(CONFIG, { ...asPersona(CONFIG, FRESH, 'translator', {}), instructions: '' });
  assert.deepEqual([edited.instructions, edited.options], ['', { first: 'English', second: 'Spanish' }]);
  assert.equal(asked({ ...CONFIG, personas: [] }, { ...FRESH, persona: '' }).persona, undefined);
});

test('what differs from the persona’s words is the person’s', () => {
  const translator = asPersona(CONFIG, FRESH, 'translator', {});
  assert.ok(!isEdited(CONFIG, translator));
  assert.ok(isEdited(CONFIG, { ...translator, instructions: 'Mine.' }));
});

test('"Don’t interrupt me" is a long pause', () => {
  assert.ok(isPatient({ ...FRESH, ...patience(true) }));
  assert.ok(!isPatient({ ...FRESH, ...patience(false) }));
  assert.ok(!isPatient({ ...FRESH, ...patience(true), silence_ms: 500 }));
});

test('instructions are counted by characters, and a control character is found by its line', () => {
  assert.equal(wordsFault('One.\nTwo.\tThree.', 16), null);
  assert.match(String(wordsFault('👋'.repeat(5), 4)), /^1 character too many/);
  assert.equal(wordsFault('👋'.repeat(5), 5), null);
  assert.match(String(wordsFault('One\ntwo \u0000', 100)), /control character in line 2/);
});

test('an option is one of its choices, or a short word', () => {
  assert.equal(optionFault('Spanish', ['Spanish']), null);
  assert.ok(optionFault('Dutch', ['Spanish']));
  assert.equal(optionFault('Dutch'), null);
  assert.ok(optionFault('x'.repeat(101)));
  assert.ok(optionFault('\u0007'));
});

test('names in braces are explained, or said to stand for nothing', () => {
  const settings = { ...asPersona(CONFIG, FRESH, 'translator', {}), instructions: '{first}, {first} and {third}, not {Fourth}' };
  assert.deepEqual(places(CONFIG, settings), [
    { name: 'first', label: 'First language', value: 'English' },
    { name: 'third', label: null, value: '' },
  ]);
});

test('the engine’s own voices come first, then the presets', () => {
  const names = voiceGroups(CONFIG).map(({ voices }) => voices.map(({ name }) => name));
  assert.deepEqual(names, [['heart'], ['Breeze'], ['Aoede']]);
  assert.equal(voiceGroups({ ...CONFIG, engine: 'vertex' }).at(-1)?.title, 'Gemini’s voices');
});
