import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ackFault, clientFault, serverFault } from '../../src/genmedia_live/web/lib/wire.js';
import { golden } from './golden.js';

/** @param {any} row */
const title = ({ event, map, ack, why }) => `${event} ${JSON.stringify(map ?? ack ?? null).slice(0, 90)}${why ? ` (${why})` : ''}`;

for (const row of golden('client')) {
  test(`client says ${title(row)}`, () => {
    assert.equal(clientFault(row.event, row.map), row.ok ? null : row.code);
  });
}

for (const row of golden('server')) {
  test(`server says ${title(row)}`, () => {
    assert.equal(serverFault(row.event, row.map), row.ok ? null : row.code);
  });
}

for (const row of golden('acks')) {
  test(`server answers ${title(row)}`, () => {
    assert.equal(ackFault(row.event, row.ack), row.ok ? null : row.code);
  });
}

test('binary may come as an ArrayBuffer or as a view of one', () => {
  assert.equal(clientFault('mic', { seq: 0, pcm: new ArrayBuffer(1280) }), null);
  assert.equal(serverFault('audio', { turn: 1, seq: 0, pcm: new Uint8Array(4) }), null);
  assert.equal(serverFault('audio', { turn: 1, seq: 0, pcm: new DataView(new ArrayBuffer(4)) }), 'bad_event');
});

test('a newer server may say more than the page knows, a page may not', () => {
  assert.equal(serverFault('flush', { turn: 1, fade_ms: 5 }), null);
  assert.equal(clientFault('interrupt', { turn: 1, loudly: true }), 'bad_event');
});
