/** Mu-law, half the bytes of PCM16, for the voice on a slow uplink. Source: ITU-T Recommendation G.711. Pure. */

const BIAS = 0x84;
const CLIP = 32_635;

/** @param {ArrayBuffer} pcm PCM16 little-endian @returns {ArrayBuffer} a byte a sample; a view of it would leave as a map */
export function encoded(pcm) {
  const samples = new DataView(pcm);
  const codes = new Uint8Array(pcm.byteLength >> 1);
  for (let i = 0; i < codes.length; i++) codes[i] = code(samples.getInt16(i * 2, true));
  return codes.buffer;
}

/** @param {number} sample */
function code(sample) {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), CLIP) + BIAS;
  const exponent = 24 - Math.clz32(magnitude); // the place of the highest bit, from 7 on
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}
