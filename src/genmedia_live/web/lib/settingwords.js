/** What the settings say, in words: their lists, and each section's choice in a line. */

import { isEdited, isPatient, personaOf, refused, voiceGroups } from './choices.js';

/** @typedef {import('./session.js').Settings} Settings */
/** @typedef {import('./session.js').Config} Config */

/** Where the server has no list: languages that native-audio models are known to speak. */
const LANGUAGES = [
  'ar-EG', 'bn-BD', 'cmn-CN', 'cs-CZ', 'da-DK', 'de-DE', 'el-GR', 'en-AU', 'en-GB', 'en-IN', 'en-US', 'es-ES', 'es-US', 'fi-FI', 'fr-CA',
  'fr-FR', 'gu-IN', 'he-IL', 'hi-IN', 'hu-HU', 'id-ID', 'it-IT', 'ja-JP', 'kn-IN', 'ko-KR', 'ml-IN', 'mr-IN', 'nb-NO', 'nl-NL', 'pl-PL',
  'pt-BR', 'pt-PT', 'ro-RO', 'ru-RU', 'sv-SE', 'sw-KE', 'ta-IN', 'te-IN', 'th-TH', 'tr-TR', 'uk-UA', 'ur-IN', 'vi-VN',
];

const ANY_LANGUAGE = 'The model’s choice';

/** @type {Partial<Record<keyof Settings, string>>} a setting's name within a sentence */
const NAMES = {
  voice: 'The voice',
  language: 'The language',
  manual_activity: 'Push-to-talk',
  start_sensitivity: 'The start of speech',
  end_sensitivity: 'The end of speech',
  silence_ms: 'The pause',
  interruptible: '“Let the agent finish”',
  greeting: '“The agent speaks first”',
  nudge_s: '“After a long silence”',
  affective: 'Affective dialogue',
  proactive: 'Proactive audio',
  thinking: 'Thinking',
};

const names = new Intl.DisplayNames(['en'], { type: 'language', languageDisplay: 'standard', fallback: 'code' });

/** @param {string} tag BCP-47 */
export function languageName(tag) {
  try {
    return names.of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** @param {string} name */
export function capital(name) {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A pause in words. @param {number} ms */
export function pauseWords(ms) {
  return ms === 0 ? 'automatic' : `${(ms / 1000).toFixed(1)} s`;
}

/** @param {Config} config */
export function voiceOptions(config) {
  return voiceGroups(config).map(({ title, voices }) => {
    const group = document.createElement('optgroup');
    group.label = title;
    group.append(...voices.map(({ name, style }) => new Option(style ? `${capital(name)}: ${style.charAt(0).toLowerCase()}${style.slice(1)}` : capital(name), name)));
    return group;
  });
}

/** @param {Config} config */
export function languageOptions({ languages }) {
  const tags = languages ?? LANGUAGES;
  const options = tags.map((tag) => new Option(languageName(tag), tag)).sort((a, b) => a.text.localeCompare(b.text, 'en'));
  return [new Option(ANY_LANGUAGE, ''), ...options];
}

/**
 * What another setting has put back, and why.
 * @param {Config} config @param {Settings} settings @param {(keyof Settings)[]} fell
 */
export function newsOf(config, settings, fell) {
  const reasons = refused(config, settings);
  return fell.map((name) => `${NAMES[name] ?? name} went back to its default${reasons[name] ? `: ${reasons[name]}` : '.'}`).join(' ');
}

/** Each section's choice in a line. @param {Config} config @param {Settings} settings @returns {Record<string, string>} */
export function summaries(config, settings) {
  return {
    persona: personaOf(config, settings.persona)?.title ?? 'None',
    voice: capital(settings.voice),
    instructions: isEdited(config, settings) ? 'Yours' : settings.instructions ? 'The persona’s' : 'None',
    language: settings.language ? languageName(settings.language) : ANY_LANGUAGE,
    turns: turnTaking(settings),
    model: config.models.find(({ name }) => name === settings.model)?.title ?? settings.model,
  };
}

/** @param {Settings} settings */
function turnTaking(settings) {
  const ways = [
    settings.manual_activity && 'Push-to-talk',
    !settings.manual_activity && isPatient(settings) && 'Waits for you',
    !settings.interruptible && 'Finishes',
    settings.greeting && 'Speaks first',
  ].filter(Boolean);
  return ways.join(', ') || 'Automatic';
}
