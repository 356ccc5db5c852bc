import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ducker } from '../../src/genmedia_live/web/worklets/ducker.js';
import { DECIDED_MS, FRAME, FRAME_MS } from '../../src/genmedia_live/web/worklets/gate.js';
import { Hold } from '../../src/genmedia_live/web/worklets/hold.js';
import { Press } from '../../src/genmedia_live/web/worklets/press.js';
import { HoldButton } from '../../src/genmedia_live/web/lib/pushtotalk.js';
import { burst, hum, joined, room, swell, words } from './sounds.js';

/** The most that is ever kept, in ms: what is not decided, and what came before. */
const MOST_MS = DECIDED_MS + 120 + 2 * FRAME_MS;

function listener() {
  /** @type {number[]} */
  const out = [];
  /** @type {string[]} */
  const told = [];
  let most = 0;
  const hold = new Hold(
    (block) => out.push(...block),
    (word) => told.push(word),
  );
  return {
    hold,
    told,
    get most() {
      return most;
    },
    get out() {
      return Float32Array.from(out);
    },
    /** @param {Float32Array} sound */
    hear(sound) {
      for (let at = 0; at < sound.length; at += FRAME) {
        hold.push(sound.subarray(at, at + FRAME));
        most = Math.max(most, hold.kept * FRAME_MS);
      }
    },
  };
}

/** As long as whole blocks. @param {Float32Array} sound */
const whole = (sound) => sound.subarray(0, sound.length - (sound.length % FRAME));

/** @param {Float32Array} sound */
function whileTheAgentSpeaks(sound) {
  const ear = listener();
  const heard = whole(joined(room(600), sound, room(700)));
  ear.hold.agent(true);
  ear.hear(heard);
  ear.hold.agent(false);
  return { ear, heard };
}

test('while the agent is silent, every block leaves at once', () => {
  const ear = listener();
  const heard = whole(joined(room(100), words()));
  ear.hear(heard);
  assert.deepEqual(ear.out, heard);
  assert.deepEqual(ear.told, []);
  assert.equal(ear.most, 0);
});

test('an interruption leaves whole, in order, once', () => {
  const { ear, heard } = whileTheAgentSpeaks(words());
  assert.deepEqual(ear.told, ['duck', 'interruption']);
  assert.deepEqual(ear.out, heard);
  assert.ok(ear.most <= MOST_MS, `${ear.most} ms`);
});

const NOISES = { 'a cough': burst(250), 'a clap': burst(40), 'an mm': hum(350), 'a long mm': hum(900), 'a breath that swells': swell(400) };

for (const [name, sound] of Object.entries(NOISES)) {
  test(`${name} leaves as silence of the same length`, () => {
    const { ear, heard } = whileTheAgentSpeaks(sound);
    assert.deepEqual(ear.told, ['duck', 'restore']);
    assert.equal(ear.out.length, heard.length);
    assert.ok(Math.max(...ear.out) < 0.001, 'nothing of it left');
    assert.deepEqual(ear.out.subarray(0, 4_000), heard.subarray(0, 4_000), 'the room before it did');
    assert.ok(ear.most <= MOST_MS, `${ear.most} ms`);
  });
}

test('of an mm-hm that goes on as words, the words leave', () => {
  const { ear, heard } = whileTheAgentSpeaks(joined(hum(450), words()));
  assert.deepEqual(ear.told, ['duck', 'restore', 'interruption']);
  assert.equal(ear.out.length, heard.length);
  const from = heard.length - 16 * 700 - words().length;
  assert.deepEqual(ear.out.subarray(from), heard.subarray(from));
});

test('what is not decided when the agent falls silent is the person’s', () => {
  const ear = listener();
  const heard = whole(joined(room(600), words()));
  ear.hold.agent(true);
  ear.hear(heard.subarray(0, 8 * 16 * 85));
  assert.deepEqual(ear.told, ['duck']);
  ear.hold.agent(false);
  assert.deepEqual(ear.told, ['duck', 'restore']);
  assert.deepEqual(ear.out, heard.subarray(0, 8 * 16 * 85));
  assert.equal(ear.hold.kept, 0);
});

test('an echo in the agent’s first moments is nobody’s interruption, and leaves as it is', () => {
  const ear = listener();
  const heard = whole(joined(room(40), words().subarray(0, 16 * 128), room(700)));
  ear.hear(whole(room(600)));
  ear.hold.agent(true);
  ear.hear(heard);
  assert.deepEqual(ear.told, []);
});

test('whoever speaks already when the agent begins breaks in a moment later', () => {
  const ear = listener();
  ear.hear(whole(room(600)));
  ear.hold.agent(true);
  ear.hear(whole(joined(words(), words(), words())));
  assert.deepEqual(ear.told, ['duck', 'interruption']);
});

test('what was held when the microphone is muted leaves no more', () => {
  const ear = listener();
  ear.hold.agent(true);
  ear.hear(whole(joined(room(600), words())).subarray(0, 16 * 640));
  const left = ear.out.length;
  ear.hold.clear();
  ear.hold.agent(false);
  assert.deepEqual(ear.told, ['duck', 'restore']);
  assert.equal(ear.out.length, left);
});

// ---- the player's side

test('ducked: half as loud within 20 ms, a quarter soon, and back in 150', () => {
  const ducker = new Ducker(24_000);
  const render = (/** @type {number} */ ms) => {
    const out = new Float32Array(24 * ms).fill(1);
    ducker.apply(out);
    return out;
  };
  assert.ok(render(10).every((value) => value === 1));
  ducker.duck();
  assert.ok(/** @type {number} */ (render(20).at(-1)) <= 0.5);
  assert.ok(render(100).every((value) => Math.abs(value - 0.25) < 0.01));
  ducker.restore();
  const up = render(150);
  assert.ok(up.every((value, i) => i === 0 || (value >= up[i - 1] && value - up[i - 1] < 1e-3)), 'no step, no click');
  assert.ok(render(20).every((value) => value === 1));
});

test('a duck that nobody takes back ends by itself', () => {
  const ducker = new Ducker(1_000);
  ducker.duck();
  const out = new Float32Array(2_000).fill(1);
  for (let at = 0; at < out.length; at += 128) ducker.apply(out.subarray(at, at + 128));
  assert.ok(out[700] < 0.3);
  assert.equal(out.at(-1), 1);
});

// ---- push-to-talk

/** @param {number} value @param {number} ms */
const blocks = (value, ms) => Array.from({ length: Math.round(ms / FRAME_MS) }, () => new Float32Array(FRAME).fill(value));

test('push-to-talk: 300 ms from before, all while it is held, 150 ms from after, and nothing else', () => {
  /** @type {(number | 'done')[]} */
  const out = [];
  const press = new Press(
    (block) => out.push(block[0]),
    () => out.push('done'),
  );
  const say = (/** @type {number} */ value, /** @type {number} */ ms) => blocks(value, ms).forEach((block) => press.push(block));
  say(1, 1_000);
  assert.deepEqual(out, []);
  press.hold(true);
  say(2, 400);
  press.hold(false);
  say(3, 1_000);
  assert.deepEqual([1, 2, 3].map((value) => out.filter((seen) => seen === value).length * FRAME_MS), [304, 400, 152]);
  assert.equal(out.at(-1), 'done');
  press.hold(true);
  assert.equal(out.filter((seen) => seen === 3).length * FRAME_MS, 152 + 304, 'what left has not left again');
});

test('pressed again while its end still leaves, it goes on', () => {
  let done = 0;
  let left = 0;
  const press = new Press(() => (left += 1), () => (done += 1));
  press.hold(true);
  press.hold(false);
  blocks(1, 80).forEach((block) => press.push(block));
  press.hold(true);
  blocks(1, 400).forEach((block) => press.push(block));
  assert.equal(done, 0);
  assert.equal(left * FRAME_MS, 480);
});

/** @type {[string, [('down' | 'up' | 'cancel'), number][], boolean, boolean][]} */
const GESTURES = [
  ['a press', [['down', 0]], true, false],
  ['a press that is let go', [['down', 0], ['up', 900]], false, false],
  ['a tap', [['down', 0], ['up', 120]], true, true],
  ['two taps', [['down', 0], ['up', 120], ['down', 3_000], ['up', 3_100]], false, false],
  ['the second tap, not yet let go', [['down', 0], ['up', 120], ['down', 3_000]], false, false],
  ['a tap and a long press: it is let go', [['down', 0], ['up', 120], ['down', 3_000], ['up', 9_000]], false, false],
  ['three taps', [['down', 0], ['up', 99], ['down', 500], ['up', 600], ['down', 900], ['up', 950]], true, true],
  ['a press whose pointer was taken away', [['down', 0], ['cancel', 100], ['up', 110]], false, false],
  ['a tap, and the window is left', [['down', 0], ['up', 120], ['cancel', 500]], false, false],
  ['a pointer that came up here only', [['up', 0]], false, false],
];

for (const [name, gestures, held, locked] of GESTURES) {
  test(`${name}: ${held ? 'held' : 'not held'}`, () => {
    const button = new HoldButton();
    for (const [gesture, now] of gestures) button[gesture](now);
    assert.deepEqual([button.held, button.locked], [held, locked]);
  });
}
