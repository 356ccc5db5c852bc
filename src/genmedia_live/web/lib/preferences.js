/** The settings form: voice, model and instructions, remembered for the next visit. */

import { byId } from './dom.js';

/** @typedef {import('./session.js').Settings} Settings */
/** @typedef {import('./session.js').Config} Config */
/** @typedef {'voice' | 'model' | 'instructions'} Field */

export class Preferences {
  #voice = byId('voice', HTMLSelectElement);
  #model = byId('model', HTMLSelectElement);
  #instructions = byId('instructions', HTMLTextAreaElement);
  #count = byId('instructions-count', HTMLElement);
  #limit = 0;

  /**
   * @param {import('./memory.js').Memory} memory
   * @param {(settings: Partial<Settings>) => void} onChange
   */
  constructor(memory, onChange) {
    this.memory = memory;
    const fields = { voice: this.#voice, model: this.#model, instructions: this.#instructions };
    this.#instructions.value = memory.setting('instructions');
    for (const [name, element] of Object.entries(fields)) {
      element.addEventListener('change', () => {
        memory.keep(/** @type {Field} */ (name), element.value);
        onChange({ [name]: element.value });
      });
    }
    this.#instructions.addEventListener('input', () => this.#counted());
  }

  /** What the server offers. @param {Config} config */
  offer(config) {
    this.#limit = config.limits.instructions_chars;
    this.#instructions.maxLength = this.#limit;
    fill(this.#voice, config.voices.map(({ name, style }) => ({ value: name, label: style ? `${capital(name)}, ${style.toLowerCase()}` : capital(name) })));
    fill(this.#model, config.models.map(({ name, title }) => ({ value: name, label: title })));
    byId('model-field', HTMLElement).hidden = config.models.length < 2;
    choose(this.#voice, this.memory.setting('voice'), config.voice);
    choose(this.#model, this.memory.setting('model'), config.model);
    this.#counted();
  }

  /** What is in force, unless the person is just changing it. @param {Settings} settings */
  show(settings) {
    if (document.activeElement !== this.#voice) choose(this.#voice, settings.voice);
    if (document.activeElement !== this.#model) choose(this.#model, settings.model);
    if (document.activeElement !== this.#instructions) this.#instructions.value = settings.instructions;
    this.#counted();
  }

  /** @returns {Partial<Settings>} for a new conversation; what the server did not offer is left to it */
  get settings() {
    const instructions = this.#instructions.value.trim();
    return {
      ...(this.#voice.value && { voice: this.#voice.value }),
      ...(this.#model.value && { model: this.#model.value }),
      ...(instructions && { instructions }),
    };
  }

  #counted() {
    const used = this.#instructions.value.length;
    this.#count.textContent = `${used.toLocaleString('en')} of ${this.#limit.toLocaleString('en')} characters`;
  }
}

/** @param {HTMLSelectElement} select @param {{value: string, label: string}[]} options */
function fill(select, options) {
  const before = [...select.options].map(({ value }) => value).join('\n');
  if (before !== options.map(({ value }) => value).join('\n')) {
    select.replaceChildren(...options.map(({ value, label }) => new Option(label, value)));
  }
}

/** The first of these that the list has. @param {HTMLSelectElement} select @param {...string} wishes */
function choose(select, ...wishes) {
  const wish = wishes.find((value) => [...select.options].some((option) => option.value === value));
  if (wish !== undefined) select.value = wish;
}

/** @param {string} name */
function capital(name) {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
