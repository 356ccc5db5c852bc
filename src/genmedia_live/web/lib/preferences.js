/** What the person chose: shown in the settings, remembered for the next visit, sent when a conversation begins or goes on otherwise. */

import { asked, asPersona, barred, DEFAULTS, differences, fitting, isEdited, isPatient, notes, patience, personaOf, remembered } from './choices.js';
import { byId, setText } from './dom.js';
import { Form } from './form.js';
import { Instructions } from './instructions.js';
import { Personas } from './personas.js';
import { Sample } from './sample.js';
import { languageOptions, newsOf, pauseWords, summaries, voiceOptions } from './settingwords.js';

/** @typedef {import('./session.js').Settings} Settings */
/** @typedef {import('./session.js').Config} Config */
/** @typedef {import('./form.js').Value} Value */

export class Preferences {
  /** @type {Config | null} */
  #config = null;
  /** @type {Settings} as they are shown: what is in force, or what the next conversation begins with */
  #now = DEFAULTS;
  #talking = false;
  #form = new Form(byId('settings', HTMLElement), (name, value) => this.#set(name, value), (name, value) => this.#moved(name, value));
  #personas = new Personas({
    choose: (name) => this.#become(name),
    fill: (option, value) => this.#edit({ options: { ...this.#now.options, [option]: value } }),
  });
  #instructions = new Instructions({ write: (instructions) => this.#edit({ instructions }), reset: () => this.#reset() });
  #sample = new Sample(() => this.#now.voice);

  /**
   * @param {import('./memory.js').Memory} memory
   * @param {(settings: Partial<Settings>) => void} onChange
   */
  constructor(memory, onChange) {
    this.memory = memory;
    this.onChange = onChange;
  }

  /** What the server offers. @param {Config} config */
  offer(config) {
    this.#now = this.#config ? fitting(config, this.#now) : remembered(config, this.memory.choices, this.memory.personas);
    this.#config = config;
    this.#render(true);
  }

  /** What is in force. @param {Config} config @param {Settings} settings */
  show(config, settings) {
    this.#config = config;
    this.#now = settings;
    this.#render();
  }

  /** The server refused a change: what was before is shown, and remembered. @param {Settings} settings in force */
  putBack(settings) {
    const back = differences(this.#now, settings);
    this.#now = settings;
    this.#keep(Object.fromEntries(back.map((name) => [name, settings[name]])));
    this.#render(true);
  }

  /** A conversation is on, or over. */
  set talking(/** @type {boolean} */ talking) {
    this.#talking = talking;
    this.#render();
  }

  /** @returns {Partial<Settings>} for a new conversation; what the server did not offer is left to it */
  get settings() {
    return this.#config ? asked(this.#config, this.#now) : {};
  }

  /** Whether the page lowers the agent's voice at the person's first sound. The page's own: the server does not know it. */
  get duck() {
    return this.memory.choices.duck !== false;
  }

  /** @param {string} name @param {Value} value */
  #set(name, value) {
    if (name === 'voice') this.#sample.stop();
    if (name === 'patience') this.#change(patience(Boolean(value)));
    else if (name in DEFAULTS) this.#change({ [name]: value });
    else {
      this.memory.choices = { ...this.memory.choices, [name]: value };
      this.#render();
    }
  }

  /** @param {string} name @param {Value} value */
  #moved(name, value) {
    if (name === 'silence_ms') setText(byId('pause-value', HTMLElement), pauseWords(Number(value)));
  }

  /** @param {Partial<Settings>} changes */
  #change(changes) {
    if (!this.#config) return;
    const before = this.#now;
    this.#now = fitting(this.#config, { ...before, ...changes });
    this.#keep(changes);
    const fell = differences(before, this.#now).filter((name) => !(name in changes));
    setText(byId('settings-news', HTMLElement), newsOf(this.#config, this.#now, fell));
    this.#render();
    this.onChange(changes);
  }

  /** Another persona: it brings its own, but for what the person has changed of it. @param {string} name */
  #become(name) {
    if (!this.#config) return;
    this.#now = fitting(this.#config, asPersona(this.#config, this.#now, name, this.memory.personas));
    const { persona, options, instructions, voice, greeting } = this.#now;
    this.#sample.stop();
    this.#keep({ persona, voice, greeting });
    setText(byId('settings-news', HTMLElement), '');
    this.#render(true);
    const own = isEdited(this.#config, this.#now) ? { instructions } : {};
    this.onChange({ persona, ...own, ...(Object.keys(options).length > 0 && { options }) });
  }

  /** Something of the persona itself. @param {{instructions?: string, options?: Record<string, string>}} changes */
  #edit(changes) {
    this.#change(changes);
  }

  #reset() {
    const instructions = (this.#config && personaOf(this.#config, this.#now.persona)?.instructions) ?? '';
    this.#change({ instructions });
    this.#render(true);
  }

  /** @param {Partial<Settings>} changes */
  #keep({ instructions, options, ...flat }) {
    this.memory.choices = { ...this.memory.choices, ...flat };
    if (instructions === undefined && options === undefined) return;
    const { persona } = this.#now;
    const edits = { ...this.memory.personas[persona], ...(options && { options }), ...(instructions !== undefined && { instructions }) };
    if (this.#config && !isEdited(this.#config, this.#now)) delete edits.instructions;
    this.memory.personas = { ...this.memory.personas, [persona]: edits };
  }

  /** @param {boolean} [anew] the boxes too in which somebody may be writing */
  #render(anew = false) {
    const config = this.#config;
    if (!config) return;
    const now = this.#now;
    this.#form.offer('voice', voiceOptions(config));
    this.#form.offer('model', config.models.map(({ name, title }) => new Option(title, name)));
    this.#form.offer('language', languageOptions(config));
    const { options: _, ...values } = now;
    this.#form.render({ ...values, patience: isPatient(now), duck: this.duck }, barred(config, now), notes(config, now));
    this.#moved('silence_ms', now.silence_ms);
    this.#personas.render(config, now);
    this.#instructions.render(config, now, anew);
    this.#sample.allow(config.samples ?? false, this.#talking);
    for (const [section, words] of Object.entries(summaries(config, now))) {
      for (const place of document.querySelectorAll(`[data-now="${section}"]`)) setText(place, words);
    }
  }
}
