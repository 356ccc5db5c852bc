// Runs the page's own gate over sounds. In: for each, a 32-bit length and so many float32 samples at 16 kHz.
// Out: a line of JSON for each, [[ms, verdict], ...], where ms is the end of the frame that decided.

import { readFileSync } from 'node:fs';
import { FRAME, FRAME_MS, Gate } from '../src/genmedia_live/web/worklets/gate.js';

const input = readFileSync(0);
for (let at = 0; at < input.length; ) {
  const length = input.readUInt32LE(at);
  const samples = new Float32Array(input.buffer.slice(input.byteOffset + at + 4, input.byteOffset + at + 4 + 4 * length));
  at += 4 + 4 * length;
  const gate = new Gate();
  const verdicts = [];
  for (let frame = 0; (frame + 1) * FRAME <= samples.length; frame++) {
    const verdict = gate.push(samples.subarray(frame * FRAME, (frame + 1) * FRAME));
    if (verdict) verdicts.push([(frame + 1) * FRAME_MS, verdict]);
  }
  console.log(JSON.stringify(verdicts));
}
