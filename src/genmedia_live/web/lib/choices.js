/** What the person may choose, and what stands in the way of it, given what the server offers. Pure. */

import { clientFault, LIMITS } from './wire.js';

/** @typedef {import('./session.js').Config} Config */
/** @typedef {import('./session.js').Persona} Persona */
/** @typedef {import('./session.js').Settings} Settings */
/** @typedef {Partial<Record<keyof Settings | 'duck' | 'patience' | 'sample', string>>} Reasons by setting, for people to read */
/** @typedef {{instructions?: string, options?: Record<string, string>}} Edits what the person changed of a persona */

/** @type {Readonly<Settings>} each setting as the wire takes it when it is left out; the persona's own go before these */
export const DEFAULTS = Object.freeze({
  model: '',
  voice: '',
  persona: '',
  options: {},
  instructions: '',
  language: '',
  manual_activity: false,
  start_sensitivity: 'auto',
  end_sensitivity: 'auto',
  silence_ms: 0,
  interruptible: true,
  greeting: false,
  nudge_s: 0,
  affective: false,
  proactive: false,
  thinking: 'auto',
});

/** The pause that "Don't interrupt me" waits for, in ms. */
export const PATIENCE_MS = 2_000;

/** Where nobody has said which persona, it is this one. */
const FIRST_PERSONA = 'assistant';

export const PUSH_TO_TALK_REASON = 'Push-to-talk is on: you say yourself when you speak.';
const FINISHES_REASON = 'The agent finishes what it says.';

/** @param {Config} config @param {string} name @returns {Persona | undefined} */
export function personaOf(config, name) {
  return config.personas?.find((persona) => persona.name === name);
}

/** @param {Config} config @param {string} name */
function modelOf(config, name) {
  return config.models.find((model) => model.name === name);
}

/**
 * What is remembered, as far as this server knows it; the rest has its default.
 * @param {Config} config
 * @param {Record<string, unknown>} stored
 * @param {Record<string, Edits>} edits by persona
 * @returns {Settings}
 */
export function remembered(config, stored, edits) {
  const persona = [stored.persona, FIRST_PERSONA].find((name) => typeof name === 'string' && personaOf(config, name));
  const base = asPersona(config, { ...DEFAULTS, model: config.model, voice: config.voice }, String(persona ?? ''), edits);
  const known = Object.entries(stored).filter(([name, value]) => isKnown(config, name, value));
  return fitting(config, { ...base, ...Object.fromEntries(known) });
}

/** @param {Config} config @param {string} name @param {unknown} value */
function isKnown(config, name, value) {
  if (!Object.hasOwn(DEFAULTS, name) || ['persona', 'options', 'instructions'].includes(name)) return false;
  if (name === 'model') return config.models.some((model) => model.name === value);
  if (name === 'voice') return config.voices.some((voice) => voice.name === value);
  return value !== null && clientFault('configure', { settings: { [name]: value } }) === null;
}

/**
 * The settings once a persona is chosen: it brings its own words, options, voice and first word.
 * @param {Config} config
 * @param {Settings} settings
 * @param {string} name
 * @param {Record<string, Edits>} edits by persona
 * @returns {Settings}
 */
export function asPersona(config, settings, name, edits) {
  const persona = personaOf(config, name);
  const own = Object.hasOwn(edits, name) ? edits[name] : {};
  const words = typeof own.instructions === 'string' ? own.instructions : undefined;
  const voice = config.voices.some((known) => known.name === persona?.voice) ? persona?.voice : undefined;
  return {
    ...settings,
    persona: persona?.name ?? '',
    instructions: words !== undefined && wordsFault(words, LIMITS.instructionsChars) === null ? words : (persona?.instructions ?? ''),
    options: optionsOf(persona, own.options),
    voice: voice ?? settings.voice,
    greeting: persona?.greeting ?? settings.greeting,
  };
}

/** @param {Persona | undefined} persona @param {unknown} wishes @returns {Record<string, string>} */
function optionsOf(persona, wishes) {
  const wished = /** @type {Record<string, unknown>} */ (typeof wishes === 'object' && wishes !== null ? wishes : {});
  return Object.fromEntries((persona?.options ?? []).map(({ name, default: usual, choices }) => {
    const wish = Object.hasOwn(wished, name) ? wished[name] : usual;
    return [name, typeof wish === 'string' && optionFault(wish, choices) === null ? wish : usual];
  }));
}

/** @param {string} words @param {string[]} [choices] @returns {string | null} a sentence, or null */
export function optionFault(words, choices = []) {
  if (choices.length > 0 && !choices.includes(words)) return 'Choose one from the list.';
  const code = clientFault('configure', { settings: { options: { name: words } } });
  if (code === 'too_large') return `At most ${LIMITS.optionChars} characters.`;
  return code === null ? null : 'A character in it is no text.';
}

/**
 * Why the model does not take a setting.
 * @param {Config} config @param {Settings} settings
 * @returns {Reasons}
 */
export function refused(config, settings) {
  return modelOf(config, settings.model)?.refused ?? {};
}

/**
 * Why a setting can't be touched now: the model refuses it, or another setting leaves nothing to it.
 * @param {Config} config @param {Settings} settings
 * @returns {Reasons}
 */
export function barred(config, settings) {
  const byModel = refused(config, settings);
  const patience = byModel.silence_ms ?? byModel.end_sensitivity;
  const byHand = settings.manual_activity
    ? ['start_sensitivity', 'end_sensitivity', 'silence_ms', 'patience', 'duck'].map((name) => [name, PUSH_TO_TALK_REASON])
    : [];
  return {
    ...(!settings.interruptible && { duck: FINISHES_REASON }),
    ...(patience && { patience }),
    ...Object.fromEntries(byHand),
    ...byModel,
  };
}

/** Why a persona is of little use with the model that is chosen. @param {Config} config @param {Settings} settings @param {Persona} persona */
export function problemOf(config, settings, { needs, problem }) {
  const reasons = /** @type {Record<string, string>} */ (refused(config, settings));
  if (!needs) return problem;
  return needs.map((name) => reasons[name]).find(Boolean) ?? null;
}

/** What to know about a setting that may be touched. @param {Config} config @param {Settings} settings @returns {Reasons} */
export function notes(config, settings) {
  return modelOf(config, settings.model)?.notes ?? {};
}

/**
 * The settings with what the model refuses at its default, as the server would have it.
 * @param {Config} config @param {Settings} settings
 * @returns {Settings}
 */
export function fitting(config, settings) {
  const back = Object.keys(refused(config, settings)).filter((name) => Object.hasOwn(DEFAULTS, name));
  const defaults = back.map((name) => [name, DEFAULTS[/** @type {keyof Settings} */ (name)]]);
  const voice = config.voices.some(({ name }) => name === settings.voice) ? settings.voice : config.voice;
  return { ...settings, voice, ...Object.fromEntries(defaults) };
}

/** @param {Settings} before @param {Settings} after @returns {(keyof Settings)[]} the settings in which they differ */
export function differences(before, after) {
  const names = /** @type {(keyof Settings)[]} */ (Object.keys(DEFAULTS));
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

/**
 * What `start` says: the whole choice, but for what is the persona's or the server's to bring and what the model refuses.
 * @param {Config} config @param {Settings} settings
 * @returns {Partial<Settings>}
 */
export function asked(config, settings) {
  const left = new Set(Object.keys(refused(config, settings)));
  if (!isEdited(config, settings)) left.add('instructions');
  if (!settings.persona) left.add('persona').add('options');
  if (Object.keys(settings.options).length === 0) left.add('options');
  for (const name of /** @type {const} */ (['model', 'voice', 'language'])) if (!settings[name]) left.add(name);
  return Object.fromEntries(Object.entries(settings).filter(([name]) => Object.hasOwn(DEFAULTS, name) && !left.has(name)));
}

/** Whether the instructions are the person's, not the persona's. @param {Config} config @param {Settings} settings */
export function isEdited(config, settings) {
  return settings.instructions !== (personaOf(config, settings.persona)?.instructions ?? '');
}

/** Whether the agent waits through the person's pauses. @param {Settings} settings */
export function isPatient({ end_sensitivity, silence_ms }) {
  return end_sensitivity === 'low' && silence_ms >= PATIENCE_MS;
}

/** @param {boolean} patient @returns {Partial<Settings>} */
export function patience(patient) {
  return patient ? { end_sensitivity: 'low', silence_ms: PATIENCE_MS } : { end_sensitivity: 'auto', silence_ms: 0 };
}

/** @param {string} words @param {number} limit code points @returns {string | null} a sentence, or null */
export function wordsFault(words, limit) {
  const over = [...words].length - limit;
  if (over > 0) return `${over.toLocaleString('en')} ${over === 1 ? 'character' : 'characters'} too many. Shorten the instructions; until then they are not used.`;
  if (clientFault('configure', { settings: { instructions: words } }) === null) return null;
  const at = words.search(/[^\P{Cc}\n\r\t]|\p{Cs}/u);
  const where = at < 0 ? '' : ` in line ${words.slice(0, at).split('\n').length}`;
  return `There is a control character${where}: remove it. Until then these instructions are not used.`;
}

/**
 * The names in braces, and what each stands for; null for one that the persona has no option for.
 * @param {Config} config @param {Settings} settings
 * @returns {{name: string, label: string | null, value: string}[]}
 */
export function places(config, { persona, instructions, options }) {
  const asks = personaOf(config, persona)?.options ?? [];
  const names = new Set([...instructions.matchAll(/\{([a-z][a-z\d_]*)\}/g)].map(([, name]) => name));
  return [...names].map((name) => ({
    name,
    label: asks.find((option) => option.name === name)?.label ?? null,
    value: options[name] ?? '',
  }));
}

/** @typedef {{title: string, voices: import('./session.js').Voice[]}} Group */

/**
 * The voices as a list for people: on the local engine its own, then the presets, then Gemini's.
 * @param {Config} config
 * @returns {Group[]}
 */
export function voiceGroups({ engine, voices }) {
  /** @param {import('./session.js').Voice} voice */
  const isPreset = ({ style }) => / a preset of /.test(style ?? '');
  /** @param {import('./session.js').Voice} voice */
  const isOwn = ({ name }) => name.charAt(0) === name.charAt(0).toLowerCase();
  const ours = engine === 'local' || engine === 'scripted';
  const presets = { title: 'Presets: a voice and a way to speak', voices: voices.filter(isPreset) };
  const own = { title: 'The engine’s own', voices: voices.filter((voice) => !isPreset(voice) && isOwn(voice)) };
  const gemini = {
    title: ours ? 'Gemini’s names, in the engine’s voices' : 'Gemini’s voices',
    voices: voices.filter((voice) => !isPreset(voice) && !isOwn(voice)),
  };
  return [own, presets, gemini].filter((group) => group.voices.length > 0);
}
