/** What the browser remembers: the conversation for this tab, the settings for this person. Works without, where storage is refused. */

/** @param {() => Storage} open @param {string} key @returns {string | null} */
function read(open, key) {
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
  } catch {
    // Private modes and full disks: the page works, it only forgets.
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

  /** @param {'voice' | 'model' | 'instructions'} setting */
  setting(setting) {
    return read(person, setting) ?? '';
  }

  /** @param {'voice' | 'model' | 'instructions'} setting @param {string} value */
  keep(setting, value) {
    write(person, setting, value);
  }
}
