/** Who the agent is: a card for each persona, and beneath them what the chosen one asks for. */

import { readable } from './calls.js';
import { optionFault, problemOf } from './choices.js';
import { byId, make, setText } from './dom.js';

/** @typedef {import('./session.js').Config} Config */
/** @typedef {import('./session.js').Persona} Persona */

export class Personas {
  #cards = byId('personas', HTMLFieldSetElement);
  #options = byId('options', HTMLElement);
  #problems = byId('persona-problems', HTMLElement);
  #drawn = '';
  #asking = '';

  /** @param {{choose: (name: string) => void, fill: (option: string, value: string) => void}} verbs */
  constructor({ choose, fill }) {
    this.choose = choose;
    this.fill = fill;
  }

  /** @param {Config} config @param {import('./session.js').Settings} settings */
  render(config, settings) {
    const { persona, options } = settings;
    const problems = config.persona_problems ?? [];
    const personas = (config.personas ?? []).map((known) => ({ ...known, problem: problemOf(config, settings, known) }));
    const drawing = JSON.stringify([personas, problems]);
    if (drawing !== this.#drawn) this.#draw(personas, problems);
    this.#drawn = drawing;
    for (const radio of this.#cards.querySelectorAll('input')) radio.checked = radio.value === persona;
    const chosen = personas.find(({ name }) => name === persona);
    const asking = JSON.stringify(chosen?.options ?? []);
    if (asking !== this.#asking) this.#options.replaceChildren(...(chosen?.options ?? []).map((option) => this.#field(option)));
    this.#asking = asking;
    for (const input of this.#options.querySelectorAll('input, select')) {
      if (!(input instanceof HTMLInputElement || input instanceof HTMLSelectElement) || input === document.activeElement) continue;
      input.value = options[input.name] ?? '';
      fault(input, '');
    }
  }

  /** @param {Persona[]} personas @param {{file: string, message: string}[]} problems */
  #draw(personas, problems) {
    this.#cards.replaceChildren(...personas.map((persona) => this.#card(persona)));
    this.#problems.replaceChildren(...problems.map(({ file, message }) => {
      const item = make('li', '', `${message} `);
      item.prepend(make('code', '', file), ': ');
      return item;
    }));
    this.#problems.hidden = problems.length === 0;
  }

  /** @param {Persona} persona */
  #card({ name, title, description, problem, tools, shows }) {
    const card = make('label', 'persona');
    card.dataset.persona = name;
    const radio = make('input', '');
    Object.assign(radio, { type: 'radio', name: 'persona', value: name });
    radio.setAttribute('aria-label', title);
    radio.addEventListener('change', () => this.choose(name));
    const about = [make('small', '', description)];
    if (shows.length > 0) about.push(make('small', '', `Likes to see what your ${shows.join(' or your ')} shows.`));
    if (tools.length > 0) about.push(make('small', '', `Can use: ${tools.map((tool) => readable(tool.name)).join(', ')}.`));
    if (problem) about.push(make('small', 'reason', problem));
    about.forEach((line, at) => {
      line.id = `persona-${name}-${at}`;
    });
    radio.setAttribute('aria-describedby', about.map(({ id }) => id).join(' '));
    card.append(radio, make('b', '', title), ...about);
    return card;
  }

  /** @param {Persona['options'][number]} option */
  #field({ name, label, choices }) {
    const field = make('div', 'field');
    const input = choices.length > 0 ? make('select', '') : make('input', '');
    if (input instanceof HTMLSelectElement) input.append(...choices.map((choice) => new Option(choice, choice)));
    else input.type = 'text';
    Object.assign(input, { id: `option-${name}`, name, autocomplete: 'off' });
    const title = make('label', '', label);
    title.htmlFor = input.id;
    const small = make('small', 'reason');
    small.id = `option-${name}-fault`;
    small.hidden = true;
    input.setAttribute('aria-describedby', small.id);
    input.addEventListener('change', () => {
      const sentence = optionFault(input.value, choices);
      fault(input, sentence ?? '');
      if (sentence === null) this.fill(name, input.value);
    });
    field.append(title, input, small);
    return field;
  }
}

/** @param {HTMLElement} input @param {string} sentence */
function fault(input, sentence) {
  const small = byId(`${input.id}-fault`, HTMLElement);
  setText(small, sentence);
  small.hidden = sentence === '';
  input.ariaInvalid = String(sentence !== '');
}
