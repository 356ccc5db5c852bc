/** Reads the wire's golden files; tests/golden/README.md says how values that JSON lacks are written. */

import { readFileSync } from 'node:fs';

/** @param {string} name @returns {any[]} */
export function golden(name) {
  return JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), 'utf8'), (_, value) => unfold(value));
}

/** @param {any} value */
function unfold(value) {
  if (value === null || typeof value !== 'object') return value;
  const times = value.$times ?? 1;
  if ('$hex' in value) return Uint8Array.from(Buffer.from(value.$hex.repeat(times), 'hex'));
  if ('$text' in value) return value.$text.repeat(times);
  if ('$number' in value) return Number(value.$number);
  return value;
}
