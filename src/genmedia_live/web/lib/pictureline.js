/** A picture that the person gave, as a line of the transcript. */

import { make, setText } from './dom.js';
import { PICTURE_STATES, ROLE_NAMES } from './words.js';

export class PictureLine {
  element = make('li', 'line');
  sentence = '';
  #image = new Image();
  #name = make('span', 'picture-name');
  #state = make('span', 'picture-state');

  /** @param {import('./session.js').Picture} picture */
  constructor({ id, url, width, height }) {
    this.element.dataset.role = 'user';
    this.element.dataset.picture = id;
    this.#image.src = url;
    this.#image.alt = ''; // its name stands beside it
    this.#image.width = width;
    this.#image.height = height;
    const said = make('p', 'said picture');
    said.append(this.#image, this.#name, this.#state);
    this.element.append(make('span', 'who', ROLE_NAMES.user), said);
  }

  /** @param {import('./session.js').Picture} picture @returns {boolean} whether `sentence` is worth hearing */
  show({ name, state, turn }) {
    const { dataset } = this.element;
    const news = dataset.sent !== state && state !== 'sending';
    Object.assign(dataset, { sent: state, turn: String(Math.floor(turn)), final: String(state !== 'sending'), cut: 'false' });
    setText(this.#name, name);
    setText(this.#state, PICTURE_STATES[state]);
    this.sentence = `${name}: ${PICTURE_STATES[state] || 'shown'}.`;
    return news;
  }
}
