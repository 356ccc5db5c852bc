/** The controls of the settings: each shows its value, and where it can't be touched, why. What they mean is not known here. */

import { make, setText } from './dom.js';

/** @typedef {HTMLInputElement | HTMLSelectElement} Control */
/** @typedef {string | number | boolean} Value */
/** @typedef {{element: Control, reason: HTMLElement, note: HTMLElement}} Field */

export class Form {
  /** @type {Map<string, Field>} */
  #fields = new Map();

  /**
   * @param {HTMLElement} root its `[data-setting]` are the controls
   * @param {(setting: string, value: Value) => void} onChange
   * @param {(setting: string, value: Value) => void} onMove a slider is on its way
   */
  constructor(root, onChange, onMove) {
    for (const element of root.querySelectorAll('[data-setting]')) {
      if (!(element instanceof HTMLInputElement || element instanceof HTMLSelectElement)) continue;
      const name = element.dataset.setting ?? '';
      this.#fields.set(name, withSmallPrint(name, element));
      element.addEventListener('change', () => onChange(name, read(element)));
      element.addEventListener('input', () => onMove(name, read(element)));
    }
  }

  /**
   * @param {Record<string, Value>} values
   * @param {Record<string, string>} barred why a setting can't be touched
   * @param {Record<string, string>} notes what to know of one that can
   */
  render(values, barred, notes) {
    for (const [name, { element, reason, note }] of this.#fields) {
      if (name in values) write(element, values[name]);
      element.disabled = name in barred;
      print(reason, barred[name] ?? '');
      print(note, name in barred ? '' : (notes[name] ?? ''));
    }
  }

  /** What a select has to choose from. @param {string} name @param {(HTMLOptionElement | HTMLOptGroupElement)[]} options */
  offer(name, options) {
    const element = this.#fields.get(name)?.element;
    const key = options.map((option) => option.outerHTML).join();
    if (!element || element.dataset.offer === key) return;
    element.dataset.offer = key;
    element.replaceChildren(...options);
  }
}

/** @param {string} name @param {Control} element @returns {Field} */
function withSmallPrint(name, element) {
  const field = element.closest('.field') ?? document.body;
  const [reason, note] = ['reason', 'note'].map((kind) => {
    const small = make('small', kind);
    small.id = `${element.id}-${kind}`;
    small.hidden = true;
    small.dataset[kind] = name;
    field.append(small);
    return small;
  });
  const help = field.querySelector('.help');
  if (help) help.id = `${element.id}-help`;
  element.setAttribute('aria-describedby', [help?.id, note.id, reason.id].filter(Boolean).join(' '));
  return { element, reason, note };
}

/** @param {HTMLElement} small @param {string} text */
function print(small, text) {
  setText(small, text);
  small.hidden = text === '';
}

/** @param {Control} element @returns {Value} */
function read(element) {
  if (element instanceof HTMLInputElement && element.type === 'checkbox') return element.checked !== 'inverted' in element.dataset;
  return 'number' in element.dataset ? Number(element.value) : element.value;
}

/** @param {Control} element @param {Value} value */
function write(element, value) {
  if (element instanceof HTMLInputElement && element.type === 'checkbox') {
    element.checked = Boolean(value) !== 'inverted' in element.dataset;
    return;
  }
  const text = String(value);
  if (element instanceof HTMLInputElement) element.max = String(Math.max(Number(element.max), Number(value)));
  else if (![...element.options].some((option) => option.value === text)) element.append(new Option(text, text)); // set elsewhere
  if (element.value !== text) element.value = text;
}
