/** What the browser remembers: the conversation for this tab, the settings for this person. Works without, where storage is refused. */

/** What could not be stored: it counts until the page goes. @type {Map<string, string | null>} */
const unstored = new Map();

/** @param {() => Storage} open @param {string} key @returns {string | null} */
function read(open, key) {
  const kept = unstored.get(key);
  if (kept !== undefined) return kept;
  try {
    return open().getItem(`genmedia.${key}`);
  } catch {
    return null;
  }
}

/** @param {() => Storage} open @param {string} key @param {string | null} value */
function write(open, key, value) {
  try {
    if (value === null || value === '') open().removeItem(`genmedia.${key}`);
    else open().setItem(`genmedia.${key}`, value);
    unstored.delete(key);
  } catch {
    unstored.set(key, value); // private modes and full disks: the page works, it only forgets
  }
}

const tab = () => window.sessionStorage;
const person = () => window.localStorage;

export class Memory {
  /** The next sequence number of the microphone; written when the page goes, for the one that comes after a reload. */
  seq = Number(read(tab, 'seq') ?? 0);

  constructor() {
    window.addEventListener('pagehide', () => write(tab, 'seq', String(this.seq)));
  }

  get conversation() {
    return read(tab, 'conversation');
  }

  set conversation(id) {
    write(tab, 'conversation', id);
  }

  /**
   * What the person chose, whatever that may be by now: another version of the page may have written it, or a hand.
   * @returns {Record<string, unknown>}
   */
  get choices() {
    return map(read(person, 'choices'));
  }

  set choices(choices) {
    write(person, 'choices', JSON.stringify(choices));
  }

  /** What the person changed of each persona. @returns {Record<string, any>} */
  get personas() {
    return map(read(person, 'personas'));
  }

  set personas(edits) {
    write(person, 'personas', JSON.stringify(edits));
  }

  /** Whether the settings stay open beside the conversation. */
  get panel() {
    return read(person, 'panel') !== 'closed';
  }

  set panel(open) {
    write(person, 'panel', open ? 'open' : 'closed');
  }
}

/** @param {string | null} text @returns {Record<string, any>} */
function map(text) {
  try {
    const value = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}
