import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlaybackQueue } from '../../src/genmedia_live/web/worklets/queue.js';

const QUANTUM = 128;

/** @param {Partial<{prebuffer: number, fade: number, reportEvery: number}>} [options] */
const queueWith = (options) => new PlaybackQueue({ prebuffer: 0, fade: 64, reportEvery: 1e9, ...options });

/** @param {number} length @param {number} [value] */
const chunk = (length, value = 0.25) => new Float32Array(length).fill(value);

/** @param {PlaybackQueue} queue */
function render(queue) {
  const out = new Float32Array(QUANTUM);
  const reports = queue.render(out);
  return { out, reports, silent: out.every((value) => value === 0) };
}

test('waits for the prebuffer, then plays every sample in order', () => {
  const queue = queueWith({ prebuffer: 300 });
  queue.push(1, Float32Array.from({ length: 200 }, (_, i) => i + 1));
  assert.ok(render(queue).silent);
  queue.push(1, Float32Array.from({ length: 200 }, (_, i) => i + 201));
  const heard = [...render(queue).out, ...render(queue).out, ...render(queue).out];
  assert.deepEqual(heard, Array.from({ length: 384 }, (_, i) => i + 1));
});

test('a short answer does not wait for a prebuffer that will never fill', () => {
  const queue = queueWith({ prebuffer: 4_800 });
  queue.push(1, chunk(100));
  queue.end(1);
  const { silent, reports } = render(queue);
  assert.ok(!silent);
  assert.deepEqual(reports, [{ what: 'ended', turn: 1, played: 100 }]);
  assert.equal(queue.underruns, 0);
});

test('runs dry: says how much was heard, and fills the prebuffer again before it goes on', () => {
  const queue = queueWith({ prebuffer: 150 });
  queue.push(1, chunk(192));
  render(queue);
  assert.deepEqual(render(queue).reports, [{ what: 'underrun', turn: 1, played: 192 }]);
  queue.push(1, chunk(100));
  assert.ok(render(queue).silent);
  queue.push(1, chunk(100));
  assert.ok(!render(queue).silent);
  assert.equal(queue.underruns, 1);
});

test('the end may come after the last sample: the turn ends then, once', () => {
  const queue = queueWith();
  queue.push(1, chunk(100));
  render(queue);
  assert.deepEqual(queue.end(1), [{ what: 'ended', turn: 1, played: 100 }]);
  assert.deepEqual(queue.end(1), []);
  assert.deepEqual(render(queue).reports, []);
});

test('the end may come exactly between two quanta', () => {
  const queue = queueWith();
  queue.push(1, chunk(QUANTUM));
  render(queue);
  assert.deepEqual(queue.end(1), []);
  assert.deepEqual(render(queue).reports, [{ what: 'ended', turn: 1, played: QUANTUM }]);
});

test('a turn without a voice ends without a word', () => {
  assert.deepEqual(queueWith().end(3), []);
});

test('progress is told at the asked pace', () => {
  const queue = queueWith({ reportEvery: 4_800 });
  queue.push(2, chunk(24_000));
  const told = [];
  for (let i = 0; i < 150; i++) told.push(...render(queue).reports);
  assert.deepEqual(told.map(({ what }) => what), ['playing', 'playing', 'playing']);
  assert.deepEqual(told.map(({ played }) => played), [4_864, 9_728, 14_592]);
});

test('a flush fades within the next quantum, counts the fade as heard, and then all is silent', () => {
  const queue = queueWith();
  queue.push(7, chunk(1_000));
  render(queue);
  assert.deepEqual(queue.flush(7), [{ what: 'flushed', turn: 7, played: 192 }]);
  const { out } = render(queue);
  assert.ok(out[0] > out[32] && out[32] > 0 && out[63] === 0);
  assert.ok(out.subarray(64).every((value) => value === 0));
  assert.ok(render(queue).silent);
});

test('what still arrives of a flushed turn, or of an earlier one, is refused', () => {
  const queue = queueWith();
  queue.push(7, chunk(1_000));
  render(queue);
  queue.flush(7);
  queue.push(7, chunk(500));
  queue.push(6, chunk(500));
  assert.equal(queue.refused, 2);
  render(queue); // the fade
  assert.ok(render(queue).silent);
  queue.push(8, chunk(500));
  assert.ok(!render(queue).silent);
});

test('a flush that comes before its turn refuses the turn', () => {
  const queue = queueWith();
  assert.deepEqual(queue.flush(3), [{ what: 'flushed', turn: 3, played: 0 }]);
  queue.push(3, chunk(500));
  assert.ok(render(queue).silent);
});

test('a second flush of the same turn gives the same account', () => {
  const queue = queueWith();
  queue.push(7, chunk(1_000));
  render(queue);
  const [first] = queue.flush(7);
  assert.deepEqual(queue.flush(7), [first]);
  assert.ok(!render(queue).silent, 'the fade is still rendered');
});

test('a flush leaves the voice of a later turn alone', () => {
  const queue = queueWith();
  queue.push(1, chunk(1_000, 0.5));
  render(queue);
  queue.push(2, chunk(1_000, 0.25));
  queue.flush(1);
  render(queue); // the fade
  assert.ok(render(queue).out.every((value) => value === 0.25));
});

test('the next turn begins when the one before has sounded; each has its own account', () => {
  const queue = queueWith();
  queue.push(1, chunk(200));
  queue.end(1);
  queue.push(2, chunk(100));
  queue.end(2);
  const told = [];
  for (let i = 0; i < 5; i++) told.push(...render(queue).reports);
  assert.deepEqual(told, [
    { what: 'ended', turn: 1, played: 200 },
    { what: 'ended', turn: 2, played: 100 },
  ]);
});

test('the account does not grow with the conversation', () => {
  const queue = queueWith();
  for (let turn = 0; turn < 100; turn++) {
    queue.push(turn, chunk(10));
    queue.end(turn);
    render(queue);
    render(queue);
  }
  assert.ok(queue.played.size <= 8);
  assert.equal(queue.buffered, 0);
});
