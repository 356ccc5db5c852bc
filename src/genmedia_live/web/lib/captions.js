/** The transcript: both sides as they speak. What streams is not announced; whole sentences are, once, in a region of their own. */

import { interleaved } from './calls.js';
import { make, setText } from './dom.js';
import { PictureLine } from './pictureline.js';
import { ToolLine } from './toolline.js';
import { CUT, ROLE_NAMES } from './words.js';

/** @typedef {import('./session.js').Caption} Caption */
/** @typedef {{element: HTMLElement, text: HTMLElement, mark: HTMLElement, announced: number}} Line */

/** This near to its end the transcript follows what is said; farther up, the person is reading. In px. */
const NEAR_END = 80;

const KEPT_ANNOUNCEMENTS = 4;

export class Transcript {
  /** @type {Map<string, Line>} */
  #lines = new Map();
  /** @type {Map<string, ToolLine>} */
  #tools = new Map();
  /** @type {Map<string, PictureLine>} */
  #pictures = new Map();

  /**
   * @param {HTMLElement} scroller what scrolls
   * @param {HTMLElement} list
   * @param {HTMLElement} announcer a polite live region
   */
  constructor(scroller, list, announcer) {
    this.scroller = scroller;
    this.list = list;
    this.announcer = announcer;
  }

  /**
   * @param {Pick<import('./session.js').State, 'turns' | 'tools' | 'pictures' | 'typed'>} state
   * @param {boolean} restored the words were said before: nothing to announce
   */
  render({ turns, tools, pictures, typed }, restored) {
    const { scroller } = this;
    const follow = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END;
    const keys = new Set();
    for (const entry of interleaved(turns, tools, pictures)) {
      const key = 'url' in entry ? `picture ${entry.id}` : 'id' in entry ? `tool ${entry.id}` : `${entry.turn} ${entry.role}`;
      keys.add(key);
      if ('url' in entry) this.#picture(key, entry);
      else if ('id' in entry) this.#tool(key, entry);
      else this.#show(key, entry, restored);
    }
    for (const { ref, text } of typed) {
      keys.add(ref);
      this.#show(ref, { turn: 0, role: 'user', text, final: false, cut: false }, true).element.dataset.pending = '';
    }
    for (const lines of [this.#lines, this.#tools, this.#pictures]) {
      for (const [key, line] of lines) {
        if (keys.has(key)) continue;
        line.element.remove();
        lines.delete(key);
      }
    }
    this.#order([...keys]);
    if (follow) scroller.scrollTop = scroller.scrollHeight;
  }

  /** @param {string} key @param {Caption} caption @param {boolean} restored */
  #show(key, caption, restored) {
    const line = this.#lines.get(key) ?? this.#add(key, caption.role);
    const { dataset } = line.element;
    dataset.turn = String(caption.turn);
    dataset.final = String(caption.final);
    dataset.cut = String(caption.cut);
    setText(line.text, caption.text);
    line.mark.hidden = !caption.cut;
    if (restored) line.announced = caption.text.length;
    else this.#announce(line, caption);
    return line;
  }

  /** @param {string} key @param {'user' | 'agent'} role @returns {Line} */
  #add(key, role) {
    const element = make('li', 'line');
    element.dataset.role = role;
    const text = make('p', 'said');
    text.dir = 'auto';
    const mark = make('span', 'cut', CUT);
    element.append(make('span', 'who', ROLE_NAMES[role]), text, mark);
    const line = { element, text, mark, announced: 0 };
    this.#lines.set(key, line);
    return line;
  }

  /** @param {string} key @param {import('./calls.js').Call} call */
  #tool(key, call) {
    const line = this.#tools.get(key) ?? new ToolLine(call.id);
    this.#tools.set(key, line);
    if (line.show(call)) this.say(line.sentence);
  }

  /** @param {string} key @param {import('./session.js').Picture} picture */
  #picture(key, picture) {
    const line = this.#pictures.get(key) ?? new PictureLine(picture);
    this.#pictures.set(key, line);
    if (line.show(picture)) this.say(line.sentence);
  }

  /** @param {string[]} keys */
  #order(keys) {
    keys.forEach((key, at) => {
      const { element } = /** @type {Line | ToolLine | PictureLine} */ (this.#lines.get(key) ?? this.#tools.get(key) ?? this.#pictures.get(key));
      if (this.list.children[at] !== element) this.list.insertBefore(element, this.list.children[at] ?? null);
    });
  }

  /** @param {Line} line @param {Caption} caption */
  #announce(line, { role, text, final }) {
    const until = final ? text.length : endOfSentences(text);
    if (until <= line.announced) return;
    this.say(`${ROLE_NAMES[role]}: ${text.slice(line.announced, until).trim()}`);
    line.announced = until;
  }

  /** @param {string} sentence */
  say(sentence) {
    this.announcer.append(make('p', '', sentence));
    while (this.announcer.children.length > KEPT_ANNOUNCEMENTS) this.announcer.children[0].remove();
  }
}

/**
 * Where the last whole sentence ends: a full stop that is followed by more, for "3." may become "3.5".
 * @param {string} text
 */
export function endOfSentences(text) {
  const ends = [...text.matchAll(/[.!?…]["”’)]?(?=\s)|[。！？]/g)];
  const last = ends.at(-1);
  return last ? last.index + last[0].length : 0;
}
