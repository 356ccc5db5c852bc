/** The buttons beside a preview: which tool is in the hand, and what they take back. */

import { make, setText } from './dom.js';

/** @typedef {import('./editor.js').Tool} Tool */
/** @typedef {{tool: (tool: Tool, byKeyboard: boolean) => void, remove: () => void, clear: () => void, keep: () => void, escape: () => boolean}} Verbs */

/** @type {[Tool, string, string][]} */
const TOOLS = [
  ['crop', 'Crop', 'Drag over the part that the model may see. From the keyboard: a rectangle that the arrow keys move.'],
  ['blackout', 'Black out', 'Drag over what the model must not see. From the keyboard: a rectangle that the arrow keys move.'],
  ['pointer', 'Point', 'Move over the picture, and the model sees where you point. From the keyboard: the arrow keys move the ring.'],
];

const DOUBT = 'The picture is another one now. Nothing of it is sent until you have looked where your crop and your black-outs lie.';

export class Toolbar {
  #bar = make('div', 'edit-tools');
  #said = make('span', 'unseen');
  /** @type {Map<Tool, HTMLButtonElement>} */
  #tools = new Map();
  #remove;
  #clear;
  #keep;
  #doubt = make('p', 'edit-doubt', DOUBT);

  /** @param {HTMLElement} host what it stands after @param {'camera' | 'screen'} source @param {Verbs} verbs */
  constructor(host, source, verbs) {
    this.#bar.role = 'group';
    this.#bar.ariaLabel = `What the model may see of the ${source}`;
    this.#bar.dataset.source = source;
    this.#said.role = 'status';
    this.#bar.append(this.#doubt);
    this.#keep = this.#button('keep', 'Keep them', 'They lie right: send what they leave', verbs.keep);
    this.#keep.hidden = true;
    for (const [tool, name, title] of TOOLS) {
      // A click without a count comes from a key or from assistive technology.
      this.#tools.set(tool, this.#button(tool, name, title, (event) => verbs.tool(tool, event.detail === 0)));
    }
    this.#remove = this.#button('remove', 'Remove', 'Remove the chosen rectangle (Delete)', verbs.remove);
    this.#clear = this.#button('clear', 'Clear', 'Remove the crop and every black-out', verbs.clear);
    this.#bar.append(this.#said);
    this.#bar.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && verbs.escape()) event.stopPropagation();
    });
    host.after(this.#bar);
  }

  /** @param {Tool | null} tool @param {{chosen: boolean, any: boolean, full: boolean, doubtful: boolean}} edits `full`: no black-out can be added; `doubtful`: they were placed on another picture */
  render(tool, { chosen, any, full, doubtful }) {
    for (const [name, button] of this.#tools) {
      button.ariaPressed = String(name === tool);
      button.disabled = name === 'blackout' && full;
    }
    this.#remove.hidden = !chosen;
    this.#clear.hidden = !any;
    if (doubtful && this.#keep.hidden) this.say(DOUBT);
    this.#keep.hidden = this.#doubt.hidden = !doubtful;
  }

  /** @param {string} words for who can't see the preview */
  say(words) {
    setText(this.#said, words);
  }

  /** Take the focus that would fall off what was removed. */
  focus() {
    this.#tools.get('blackout')?.focus({ preventScroll: true });
  }

  remove() {
    this.#bar.remove();
  }

  /** @param {string} tool @param {string} name @param {string} title @param {(event: MouseEvent) => void} act */
  #button(tool, name, title, act) {
    const button = make('button', 'edit-tool');
    button.type = 'button';
    button.dataset.tool = tool;
    button.title = title;
    button.append(icon(tool), make('span', 'edit-name', name));
    button.addEventListener('click', act);
    this.#bar.append(button);
    return button;
  }
}

/** @param {string} name of a symbol in the page's sprite */
function icon(name) {
  const [svg, use] = ['svg', 'use'].map((tag) => document.createElementNS('http://www.w3.org/2000/svg', tag));
  use.setAttribute('href', `#icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}
