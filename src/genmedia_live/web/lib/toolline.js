/** A tool at work, as a line of the transcript: what it is and how it stands, and on a press what it was asked and what it answered. */

import { readable } from './calls.js';
import { make, setText } from './dom.js';
import { TOOL_WORDS } from './words.js';

/** @typedef {import('./calls.js').Call} Call */

export class ToolLine {
  element = make('li', 'line');
  sentence = '';
  #mark = make('span', 'tool-mark');
  #name = make('span', 'said');
  #state = make('span', 'tool-state');
  #asked = row('Asked');
  #answered = row('Answered');

  /** @param {string} id */
  constructor(id) {
    this.element.dataset.role = 'tool';
    this.element.dataset.call = id;
    this.#mark.ariaHidden = 'true';
    const summary = make('summary', '');
    summary.append(this.#mark, this.#name, this.#state);
    const list = make('dl', '');
    list.append(this.#asked.element, this.#answered.element);
    const details = make('details', 'tool');
    details.append(summary, list);
    this.element.append(details);
  }

  /** @param {Call} call @returns {boolean} whether `sentence` is worth hearing: only what went wrong is */
  show({ name, state, turn, asked, answered }) {
    const { dataset } = this.element;
    const failed = state === 'failed' && dataset.tool === 'running';
    Object.assign(dataset, { tool: state, turn: String(turn), final: String(state !== 'running'), cut: 'false' });
    setText(this.#mark, TOOL_WORDS[state].mark);
    setText(this.#name, readable(name));
    setText(this.#state, TOOL_WORDS[state].words);
    fill(this.#asked, asked);
    fill(this.#answered, answered || (asked ? '' : TOOL_WORDS[state].words));
    this.sentence = `${readable(name)} ${TOOL_WORDS[state].words}.`;
    return failed;
  }
}

/** @param {string} title */
function row(title) {
  const element = make('div', '');
  const words = make('dd', '');
  element.append(make('dt', '', title), words);
  return { element, words };
}

/** @param {ReturnType<typeof row>} row @param {string} text */
function fill({ element, words }, text) {
  setText(words, text);
  element.hidden = text === '';
}
