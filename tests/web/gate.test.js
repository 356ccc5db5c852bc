import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DECIDED_MS, FRAME, FRAME_MS, Gate } from '../../src/genmedia_live/web/worklets/gate.js';
import { Analyser } from '../../src/genmedia_live/web/worklets/spectrum.js';
import { burst, hum, joined, room, thud, voice, words } from './sounds.js';

const QUIET_MS = 800;

/** The verdicts on a sound in a quiet room, each with the ms since it began. @param {Float32Array} sound @param {Float32Array} [before] */
function verdicts(sound, before = room(QUIET_MS)) {
  const gate = new Gate();
  const all = joined(before, sound, room(1_000));
  const found = [];
  for (let at = 0; at + FRAME <= all.length; at += FRAME) {
    const verdict = gate.push(all.subarray(at, at + FRAME));
    if (verdict) found.push({ verdict, ms: ((at + FRAME - before.length) * FRAME_MS) / FRAME });
  }
  return found;
}

/** @param {Float32Array} sound */
const verdictsOn = (sound) => verdicts(sound).map(({ verdict }) => verdict);

for (const [name, sound] of Object.entries({
  'a cough of one burst': burst(250),
  'a cough of three bursts': joined(burst(200), room(120), burst(200), room(120), burst(200)),
  'a clap': burst(40),
  'a long breath': burst(600, 0.05),
  'three knocks': joined(thud(120), room(60), thud(120), room(60), thud(120)),
  'mm': hum(300),
  'mm-hm': joined(hum(180), burst(60, 0.02), hum(220)),
  'a vowel that stays as it is': voice(200, [[550, 550], [1_350, 1_350]]),
})) {
  test(`${name} is noise, and that is known in time`, () => {
    const found = verdicts(sound);
    assert.deepEqual(found.map(({ verdict }) => verdict), ['onset', 'noise', 'over']);
    assert.ok(found[1].ms <= DECIDED_MS + FRAME_MS, `${found[1].ms} ms`);
  });
}

for (const loudness of [0.05, 0.1, 0.3, 0.8]) {
  test(`words interrupt, at ${loudness} of full scale`, () => {
    const found = verdicts(words(loudness));
    assert.deepEqual(found.map(({ verdict }) => verdict), ['onset', 'interruption', 'over']);
    assert.ok(found[0].ms <= 40, `noticed after ${found[0].ms} ms`);
    assert.ok(found[1].ms <= DECIDED_MS, `decided after ${found[1].ms} ms`);
  });
}

test('an mm-hm that goes on as words was noise, and is an interruption then', () => {
  assert.deepEqual(verdictsOn(joined(hum(450), words())), ['onset', 'noise', 'interruption', 'over']);
});

test('words behind a cough', () => {
  assert.deepEqual(verdictsOn(joined(burst(250), room(100), words())), ['onset', 'noise', 'interruption', 'over']);
});

test('a room that is loud all the time is no sound; what stands out of it is', () => {
  const loud = room(3_000, 0.01);
  const found = verdicts(joined(words(0.6), room(1_000, 0.01)), loud).filter(({ ms }) => ms > 0);
  assert.deepEqual(found.map(({ verdict }) => verdict).slice(0, 2), ['onset', 'interruption']);
});

test('what the canceller leaves of a voice is too faint to be a sound', () => {
  assert.deepEqual(verdictsOn(words(0.004)), []);
});

test('whoever is not judged only begins and ends', () => {
  const gate = new Gate();
  const found = [];
  const all = joined(room(QUIET_MS), words(), room(1_000));
  for (let at = 0; at + FRAME <= all.length; at += FRAME) found.push(gate.push(all.subarray(at, at + FRAME), false));
  assert.deepEqual(found.filter(Boolean), ['onset', 'over']);
});

test('the spectrum of a tone is at its bin, and its likeness at its period', () => {
  const analyser = new Analyser(512);
  analyser.analyse(Float32Array.from({ length: 512 }, (_, i) => Math.sin((2 * Math.PI * 250 * i) / 16_000)));
  assert.equal(analyser.power.indexOf(Math.max(...analyser.power)), 16);
  const lags = [...analyser.likeness.subarray(40, 229)];
  assert.equal(40 + lags.indexOf(Math.max(...lags)), 64);
  assert.ok(analyser.likeness[64] > 0.98 && analyser.likeness[96] < -0.9);
});

test('noise is like itself at no period', () => {
  const analyser = new Analyser(512);
  analyser.analyse(room(32, 1));
  assert.ok(Math.max(...analyser.likeness.subarray(40, 229)) < 0.5);
});
