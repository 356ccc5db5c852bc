import assert from 'node:assert/strict';
import { test } from 'node:test';

import { encoded } from '../../src/genmedia_live/web/lib/mulaw.js';
import { Uplink } from '../../src/genmedia_live/web/lib/uplink.js';

/** 40 ms pieces from `from` ms on; the server tells every 200 ms of all that is older than `delay(now)`. */
function play(uplink, { from = 0, ms = 2_000, delay = () => 30 }) {
  const sent = [];
  for (let now = from; now < from + ms; now += 40) {
    uplink.sent(now / 40, 40, now);
    sent.push({ seq: now / 40, at: now });
    if (now % 200 === 0) {
      const here = sent.filter(({ at }) => at + delay(at) <= now).at(-1);
      if (here) uplink.received(here.seq);
    }
  }
  return from + ms;
}

test('a path that keeps up has no lag', () => {
  const uplink = new Uplink();
  const now = play(uplink, {});
  assert.equal(uplink.lagging(now), false);
  assert.equal(uplink.narrow, false);
});

test('a far server is not a narrow path', () => {
  const uplink = new Uplink();
  const now = play(uplink, { delay: () => 300 });
  assert.equal(uplink.narrow, false);
  assert.ok(uplink.lagMs(now) < 400);
});

test('a path that falls behind lags, and is narrow for as long as the connection lasts', () => {
  const uplink = new Uplink();
  const now = play(uplink, { ms: 5_000, delay: (at) => at / 4 });
  assert.equal(uplink.lagging(now), true);
  assert.equal(uplink.narrow, true);
  uplink.received(10_000);
  assert.equal(uplink.lagging(now), false);
  assert.equal(uplink.narrow, true);
  uplink.reset();
  assert.equal(uplink.narrow, false);
});

test('a muted microphone does not lag', () => {
  const uplink = new Uplink();
  const now = play(uplink, {});
  uplink.received(now / 40);
  assert.equal(uplink.lagMs(now + 60_000), 0);
});

/** G.711, table 2a: the decoded value of a code. */
function decoded(code) {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return bits & 0x80 ? -magnitude : magnitude;
}

test('mu-law keeps every sample to half a step', () => {
  const samples = new Int16Array(65_536).map((_, i) => i - 32_768);
  const codes = new Uint8Array(encoded(samples.buffer));
  for (let i = 0; i < samples.length; i++) {
    const wanted = Math.max(-32_635, Math.min(32_635, samples[i]));
    assert.ok(Math.abs(decoded(codes[i]) - wanted) <= (Math.abs(wanted) + 132) / 32, `${samples[i]}`);
  }
});

test('mu-law of what everybody writes alike', () => {
  const codes = new Uint8Array(encoded(new Int16Array([0, -1, 32_767, -32_768, 1_000, -1_000]).buffer));
  assert.deepEqual([...codes], [0xff, 0x7f, 0x80, 0x00, 0xce, 0x4e]);
});
