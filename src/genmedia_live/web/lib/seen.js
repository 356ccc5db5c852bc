/**
 * "What the model sees": of each source the very JPEG that was acknowledged last, its size and its age, or why none could be sent.
 *
 * Whoever sends frames tells of it:
 *
 *   show(sources)              which sources run now; the last frame of one that has ended stays, for the model has seen it
 *   sent(source, frame)        a frame was acknowledged with `sent: true`
 *   held(source, why)          none can leave, and why; null, or the next `sent`: they can again
 *   clear()                    another conversation: this model has seen nothing
 */

import { ago, kilobytes } from './age.js';
import { byId, make, setText } from './dom.js';

/** @typedef {'camera' | 'screen' | 'picture'} Source */
/** @typedef {{blob: Blob, width: number, height: number}} Frame the bytes that went out, and the picture's size in pixels */
/** @typedef {'away' | 'voice' | 'drawing' | 'moved' | 'unsent' | 'refused'} Held */

/** @type {Record<Source, string>} */
const NAMES = { camera: 'Camera', screen: 'Screen', picture: 'Picture' };

/** @type {Record<Held, string>} */
const WHY = {
  away: 'The connection is away. Nothing is sent until it is back.',
  voice: 'The network is slow, and your voice goes first.',
  drawing: 'Paused while you draw. The next picture leaves when you let go.',
  moved: 'Paused until you keep or clear what you hid.',
  unsent: 'The model could not be reached, and the picture was dropped. The next one is tried soon.',
  refused: 'The server refused the picture.',
};

const ENDED = 'Stopped. The model has seen this last.';

/** The age is told anew this often. */
const TICK_MS = 1_000;

/** @typedef {{item: HTMLLIElement, button: HTMLButtonElement, image: HTMLImageElement, size: HTMLElement, age: HTMLElement, why: HTMLElement, frame: Frame | null, at: number}} Row */

export class Seen {
  #region = byId('seen', HTMLElement);
  #list = byId('seen-list', HTMLUListElement);
  #empty = byId('seen-empty', HTMLElement);
  #large = new Large();
  /** @type {Map<Source, Row>} */
  #rows = new Map();
  /** @type {readonly Source[]} */
  #running = [];
  /** @type {Set<Source>} those that ran, and do no longer */
  #ended = new Set();

  constructor() {
    setInterval(() => this.#age(), TICK_MS);
    document.addEventListener('visibilitychange', () => this.#age());
  }

  /** @param {readonly Source[]} sources */
  show(sources) {
    for (const [source, { why, frame }] of this.#rows) {
      const ran = this.#running.includes(source);
      if (ran === sources.includes(source)) continue;
      if (ran && !frame) this.#forget(source);
      else setText(why, ran ? ENDED : '');
    }
    for (const source of this.#running) this.#ended.add(source);
    for (const source of sources) this.#ended.delete(source);
    this.#running = sources;
    this.#render();
  }

  /** @param {Source} source @param {Frame} frame */
  sent(source, frame) {
    const row = this.#row(source);
    const old = row.image.src;
    row.image.src = URL.createObjectURL(frame.blob);
    if (row.frame) URL.revokeObjectURL(old);
    row.frame = frame;
    row.at = performance.now();
    row.button.hidden = false;
    setText(row.size, `${frame.width} × ${frame.height} px, ${kilobytes(frame.blob.size)}`);
    setText(row.why, this.#ended.has(source) ? ENDED : ''); // the answer may come later than the end
    this.#render();
    this.#age();
  }

  /** @param {Source} source @param {Held | null} why @param {string} [words] instead of the page's own */
  held(source, why, words) {
    if (why === null && !this.#rows.has(source)) return;
    setText(this.#row(source).why, why === null ? '' : (words ?? WHY[why]));
    this.#render();
  }

  clear() {
    for (const source of this.#rows.keys()) this.#forget(source);
    this.#large.close();
    this.#render();
  }

  /** @param {Source} source */
  #forget(source) {
    const row = this.#row(source);
    if (row.frame) URL.revokeObjectURL(row.image.src);
    row.item.remove();
    this.#rows.delete(source);
  }

  #render() {
    this.#region.hidden = this.#rows.size + this.#running.length === 0;
    this.#empty.hidden = this.#rows.size > 0;
  }

  #age() {
    if (document.visibilityState !== 'visible') return;
    for (const { frame, at, age } of this.#rows.values()) if (frame) setText(age, ago(performance.now() - at));
  }

  /** @param {Source} source @returns {Row} */
  #row(source) {
    const known = this.#rows.get(source);
    if (known) return known;
    const item = make('li', 'seen-item');
    item.dataset.source = source;
    const button = make('button', 'seen-open');
    button.type = 'button';
    button.hidden = true;
    button.setAttribute('aria-label', `${NAMES[source]}: enlarge the last picture that was sent`);
    const image = new Image();
    image.alt = '';
    button.append(image);
    const [size, age, why] = [make('span', 'seen-size'), make('span', 'seen-age'), make('p', 'seen-why')];
    const facts = make('p', 'seen-facts');
    facts.append(make('b', 'seen-source', NAMES[source]), age, size);
    const words = make('div', 'seen-words');
    words.append(facts, why);
    item.append(button, words);
    this.#list.append(item);
    const row = { item, button, image, size, age, why, frame: null, at: 0 };
    button.addEventListener('click', () => row.frame && this.#large.open(row.frame, `${NAMES[source]}, ${row.size.textContent}`));
    this.#rows.set(source, row);
    return row;
  }
}

/** One frame in large. It stays while newer ones are sent: it has a URL of its own. */
class Large {
  #dialog = byId('seen-large', HTMLDialogElement);
  #image = byId('seen-large-image', HTMLImageElement);
  #words = byId('seen-large-words', HTMLElement);

  constructor() {
    this.#dialog.addEventListener('close', () => {
      URL.revokeObjectURL(this.#image.src);
      this.#image.removeAttribute('src');
    });
  }

  /** @param {Frame} frame @param {string} words */
  open({ blob }, words) {
    this.#image.src = URL.createObjectURL(blob);
    setText(this.#words, words);
    this.#dialog.showModal();
  }

  close() {
    this.#dialog.close();
  }
}
