/** Just enough of JPEG (ITU-T T.81, annex B) to know a picture from a file that merely says so. Pure. */

/** A side longer than this is refused, in pixels. */
const LONGEST_SIDE = 4096;

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
/** C0 to CF are frame headers, but for these three. */
const NOT_A_FRAME = [0xc4, 0xc8, 0xcc];

/**
 * @param {Uint8Array} bytes
 * @returns {'bad_image' | 'too_large' | null}
 */
export function jpegFault(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length;
  if (size < 4 || bytes[0] !== 0xff || bytes[1] !== SOI) return 'bad_image';
  if (bytes[size - 2] !== 0xff || bytes[size - 1] !== EOI) return 'bad_image';
  for (let at = 2; at + 9 <= size; ) {
    if (bytes[at] !== 0xff) return 'bad_image';
    const marker = bytes[at + 1];
    if (marker === SOS || marker === EOI) return 'bad_image'; // the frame header has to come before
    if (marker >= 0xc0 && marker <= 0xcf && !NOT_A_FRAME.includes(marker)) {
      const height = view.getUint16(at + 5);
      const width = view.getUint16(at + 7);
      if (!height || !width) return 'bad_image';
      return Math.max(height, width) > LONGEST_SIDE ? 'too_large' : null;
    }
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return 'bad_image';
}
