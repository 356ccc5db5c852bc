/** The box for the instructions: the persona's own words or the person's, how many, what stands in braces, and what is wrong. */

import { isEdited, places, wordsFault } from './choices.js';
import { byId, make, setText } from './dom.js';

/** @typedef {import('./session.js').Config} Config */
/** @typedef {import('./session.js').Settings} Settings */

export class Instructions {
  #box = byId('instructions', HTMLTextAreaElement);
  #count = byId('instructions-count', HTMLElement);
  #fault = byId('instructions-fault', HTMLElement);
  #places = byId('instructions-places', HTMLElement);
  #reset = byId('instructions-reset', HTMLButtonElement);
  #limit = 0;

  /** @param {{write: (words: string) => void, reset: () => void}} verbs `write` gets only what may be sent */
  constructor({ write, reset }) {
    this.#box.addEventListener('input', () => this.#check());
    this.#box.addEventListener('change', () => {
      if (this.#check() === null) write(this.#box.value);
    });
    this.#reset.addEventListener('click', () => {
      reset();
      this.#box.focus();
    });
  }

  /** @param {Config} config @param {Settings} settings @param {boolean} [anew] not only where nobody writes */
  render(config, settings, anew = false) {
    this.#limit = config.limits.instructions_chars;
    const writing = document.activeElement === this.#box || this.#box.ariaInvalid === 'true';
    if (anew || !writing) this.#box.value = settings.instructions;
    this.#reset.hidden = !isEdited(config, settings);
    this.#explain(config, settings);
    this.#check();
  }

  /** @returns {string | null} what is wrong */
  #check() {
    const used = [...this.#box.value].length;
    const fault = wordsFault(this.#box.value, this.#limit);
    setText(this.#count, `${used.toLocaleString('en')} of ${this.#limit.toLocaleString('en')} characters`);
    this.#count.toggleAttribute('data-over', used > this.#limit);
    setText(this.#fault, fault ?? '');
    this.#fault.hidden = fault === null;
    this.#box.ariaInvalid = String(fault !== null);
    return fault;
  }

  /** @param {Config} config @param {Settings} settings */
  #explain(config, settings) {
    const lines = places(config, settings).map(({ name, label, value }) => {
      const line = make('span', 'place', label ? ` is “${label}”: ${value}.` : ' is no option of this persona and stays as it is.');
      line.prepend(make('code', '', `{${name}}`));
      return line;
    });
    this.#places.replaceChildren(...lines);
  }
}
