/** What a picture file says of itself in its first bytes: its kind and its size, before anything of it is decoded. Pure. */

/** @typedef {{kind: 'png' | 'jpeg' | 'gif' | 'webp' | 'bmp' | 'avif', width: number, height: number}} Header */

/** Where the size stands in these kinds it is within so many bytes; a JPEG's may come later, behind what a camera wrote. */
export const HEAD_BYTES = 262_144;

/** C0 to CF begin a frame's header (ITU-T T.81, table B.1), but for these three. */
const NOT_A_FRAME = [0xc4, 0xc8, 0xcc];

/**
 * @param {Uint8Array} bytes the file's beginning
 * @returns {Header | null} null: it is none of these kinds, or damaged
 */
export function dimensionsOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [kind, is, read] of KINDS) {
    if (!is(bytes)) continue;
    try {
      const size = read(view);
      return size && size.width > 0 && size.height > 0 ? { kind, ...size } : null;
    } catch (error) {
      if (error instanceof RangeError) return null; // it ends before its size
      throw error;
    }
  }
  return null;
}

/** Whether it is, or pretends to be, XML or HTML: an SVG is a program, not a picture. @param {Uint8Array} bytes */
export function isMarkup(bytes) {
  const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const text = new TextDecoder().decode(bytes.subarray(wide ? 2 : 0, 1_024)).replace(/\0/g, ''); // of UTF-16, too
  return /^\s*</.test(text);
}

/** @typedef {{width: number, height: number} | null} Size */

/** @param {Uint8Array} bytes @param {number} at @param {string} text */
const reads = (bytes, at, text) => [...text].every((letter, i) => bytes[at + i] === letter.charCodeAt(0));

/** @type {[Header['kind'], (bytes: Uint8Array) => boolean, (view: DataView) => Size][]} */
const KINDS = [
  ['png', (bytes) => reads(bytes, 0, '\x89PNG\r\n\x1a\n'), (view) => ({ width: view.getUint32(16), height: view.getUint32(20) })],
  ['jpeg', (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8, jpeg],
  ['gif', (bytes) => reads(bytes, 0, 'GIF8'), (view) => ({ width: view.getUint16(6, true), height: view.getUint16(8, true) })],
  ['webp', (bytes) => reads(bytes, 0, 'RIFF') && reads(bytes, 8, 'WEBP'), webp],
  ['bmp', (bytes) => reads(bytes, 0, 'BM'), (view) => ({ width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) })],
  ['avif', (bytes) => reads(bytes, 4, 'ftyp') && (reads(bytes, 8, 'avi') || reads(bytes, 8, 'mif') || reads(bytes, 8, 'hei')), isobmff],
];

/** @param {DataView} view @returns {Size} */
function jpeg(view) {
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (marker === 0xd9 || marker === 0xda) return null; // the picture's data: the size has to come before
    if (marker >= 0xc0 && marker <= 0xcf && !NOT_A_FRAME.includes(marker)) {
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    }
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
}

/** RFC 9649, section 2. @param {DataView} view @returns {Size} */
function webp(view) {
  switch (String.fromCharCode(view.getUint8(12), view.getUint8(13), view.getUint8(14), view.getUint8(15))) {
    case 'VP8 ':
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case 'VP8L': {
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: 1 + (view.getUint32(24, true) & 0xffffff), height: 1 + (view.getUint32(26, true) >>> 8) };
    default:
      return null;
  }
}

/** The largest of the sizes that its `ispe` boxes give (ISO/IEC 23008-12, 6.5.3): tiles and thumbnails have theirs, too. @param {DataView} view @returns {Size} */
function isobmff(view) {
  /** @type {Size} */
  let largest = null;
  for (let at = 0; at + 16 <= view.byteLength; at++) {
    if (view.getUint32(at) !== 0x69737065) continue; // "ispe"
    const size = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
    if (!largest || size.width * size.height > largest.width * largest.height) largest = size;
  }
  return largest;
}
