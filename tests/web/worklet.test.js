import assert from 'node:assert/strict';
import { test } from 'node:test';

const scope = /** @type {any} */ (globalThis);
/** @type {any} */
let Capture;
scope.sampleRate = 16_000;
scope.AudioWorkletProcessor = class {
  port = { /** @type {any[]} */ told: [], postMessage(/** @type {any} */ message) { this.told.push(message); } };
};
scope.registerProcessor = (/** @type {string} */ _name, /** @type {any} */ processor) => { Capture = processor; };
await import('../../src/genmedia_live/web/worklets/capture.js');

/** @param {any} capture @param {number} blocks @param {number} value */
function hears(capture, blocks, value) {
  for (let i = 0; i < blocks; i++) capture.process([[new Float32Array(128).fill(value)]]);
}

/** @param {any} capture @returns {number[]} every sample that left */
const left = (capture) => capture.port.told.flatMap(({ pcm }) => (pcm ? [...new Int16Array(pcm)] : []));

test('what the microphone heard before push-to-talk does not leave with the first press', () => {
  const capture = new Capture({ processorOptions: { rate: 16_000, frameMs: 40 } });
  hears(capture, 7, 0.5); // 56 ms: a frame, and the beginning of one
  capture.receive({ type: 'mode', mode: 'press' });
  capture.port.told.length = 0;
  hears(capture, 2, 0.25);
  capture.receive({ type: 'press', on: true });
  hears(capture, 20, 0.25);
  capture.receive({ type: 'press', on: false });
  hears(capture, 40, 0.125);
  assert.ok(left(capture).length > 20 * 128);
  assert.ok(Math.max(...left(capture)) < 0.3 * 32_768);
});

test('nor does what was held back while the agent spoke', () => {
  const capture = new Capture({ processorOptions: { rate: 16_000, frameMs: 40 } });
  capture.receive({ type: 'mode', mode: 'guard' });
  const port = { close() {}, postMessage() {}, /** @type {any} */ onmessage: null };
  capture.receive({ type: 'player', port });
  port.onmessage({ data: { sounds: true } });
  hears(capture, 8, 0.5);
  capture.port.told.length = 0;
  capture.receive({ type: 'mode', mode: 'press' });
  hears(capture, 40, 0.125);
  assert.deepEqual(left(capture), []);
});
