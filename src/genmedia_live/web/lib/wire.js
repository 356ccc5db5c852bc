/**
 * The browser wire, version 1: names, shapes and bounds, as docs/wire.md has them. Pure.
 * The golden files hold this page and the gateway's own parser to the same verdicts.
 */

import { jpegFault } from './jpeg.js';

export const VERSION = 1;

/** Hz of the person's voice, going up. */
export const MIC_RATE = 16_000;

/** Hz of the agent's voice, coming down. */
export const VOICE_RATE = 24_000;

export const LIMITS = Object.freeze({
  textChars: 8_000,
  instructionsChars: 16_000,
  micBytes: [320, 32_000],
  frameBytes: 250_000,
  silenceMs: 10_000,
  nudgeS: 3_600,
  options: 16,
  optionChars: 100,
  dayMs: 86_400_000,
});

export const STATES = Object.freeze([
  'loading', 'connecting', 'listening', 'thinking', 'speaking', 'reconnecting', 'resuming', 'held', 'needs_token', 'draining', 'ended',
]);

/** A value does not have the shape that the wire asks for; `code` is the one the gateway would answer. */
class Fault extends Error {
  /** @param {string} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** @typedef {(value: any) => void} Check throws a `Fault`, or agrees */

/** @param {boolean} agreed @param {string} [code] */
function must(agreed, code = 'bad_event') {
  if (!agreed) throw new Fault(code);
}

/** @param {any} value @returns {value is Record<string, any>} */
const isMap = (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && !isBytes(value);

/** @param {any} value @returns {value is ArrayBuffer | Uint8Array} */
const isBytes = (value) => value instanceof ArrayBuffer || value instanceof Uint8Array;

/** @type {Check} */
const bool = (value) => must(typeof value === 'boolean');
/** @type {Check} */
const string = (value) => must(typeof value === 'string');
/** @type {Check} */
const count = (value) => must(Number.isSafeInteger(value) && value >= 0);
/** @type {Check} `-1` says "none yet" */
const mark = (value) => must(Number.isSafeInteger(value) && value >= -1);
/** @type {Check} */
const duration = (value) => must(typeof value === 'number' && value >= 0 && value <= LIMITS.dayMs);
/** @type {Check} */
const name = (value) => must(typeof value === 'string' && value.length > 0 && value.length <= 128);
/** @type {Check} */
const ref = (value) => must(typeof value === 'string' && value.length <= 64);
/** @type {Check} */
const conversationId = (value) => must(typeof value === 'string' && /^[\w-]{1,64}$/.test(value));
/** @param {...string} words @returns {Check} */
const oneOf = (...words) => (value) => must(typeof value === 'string' && words.includes(value));
/** @param {Check} check @returns {Check} null counts as left out */
const optional = (check) => (value) => {
  if (value !== undefined && value !== null) check(value);
};
/** @param {Check} check @returns {Check} */
const listOf = (check) => (value) => {
  must(Array.isArray(value));
  value.forEach(check);
};

/**
 * @param {Record<string, Check>} fields
 * @param {{open?: boolean, unknown?: string}} [options] `open` lets fields pass that this page does not know
 * @returns {Check}
 */
const shape = (fields, { open = false, unknown = 'bad_event' } = {}) => (value) => {
  must(isMap(value));
  if (!open) must(Object.keys(value).every((key) => Object.hasOwn(fields, key)), unknown);
  for (const [key, check] of Object.entries(fields)) check(value[key]);
};

/** @param {number} limit code points @returns {Check} */
const prose = (limit) => (value) => {
  string(value);
  must(!/[^\P{Cc}\n\r\t]|\p{Cs}/u.test(value)); // control characters and lone surrogates are no text
  must(!/\p{M}{31}/u.test(value)); // UAX 15: a stream-safe text has at most thirty in a row
  must(value.length <= limit || [...value].length <= limit, 'too_large');
};

/** @type {Check} */
const typed = (value) => {
  prose(LIMITS.textChars)(value);
  must(value.trim() !== '');
};

/** @type {Check} */
const micPcm = (value) => {
  must(isBytes(value));
  const [least, most] = LIMITS.micBytes;
  must(value.byteLength % 2 === 0 && value.byteLength >= least && value.byteLength <= most, 'bad_audio');
};

/** @type {Check} a byte a sample */
const micMulaw = (value) => {
  must(isBytes(value));
  const [least, most] = LIMITS.micBytes;
  must(value.byteLength * 2 >= least && value.byteLength * 2 <= most, 'bad_audio');
};

/** @type {Check} */
const voicePcm = (value) => must(isBytes(value) && value.byteLength % 2 === 0);

/** @type {Check} */
const jpeg = (value) => {
  must(isBytes(value));
  must(value.byteLength <= LIMITS.frameBytes, 'too_large');
  const fault = jpegFault(value instanceof Uint8Array ? value : new Uint8Array(value));
  if (fault) throw new Fault(fault);
};

/** @param {any} value the name of a persona, or of an option */
const isWord = (value) => typeof value === 'string' && /^[a-z][a-z\d_-]{0,63}$/.test(value);

/** @param {number} most @returns {Check} */
const upTo = (most) => (value) => must(Number.isSafeInteger(value) && value >= 0 && value <= most);

/** @type {Check} */
const options = (value) => {
  must(isMap(value) && Object.keys(value).length <= LIMITS.options && Object.keys(value).every(isWord));
  Object.values(value).forEach(prose(LIMITS.optionChars));
};

const settingsShape = shape(
  {
    model: optional(name),
    voice: optional(name),
    instructions: optional(prose(LIMITS.instructionsChars)),
    language: optional((value) => must(typeof value === 'string' && /^([a-z]{2,8}(-[a-z\d]{1,8}){0,4})?$/i.test(value))),
    persona: optional((value) => must(value === '' || isWord(value))),
    options: optional(options),
    manual_activity: optional(bool),
    start_sensitivity: optional(oneOf('auto', 'low', 'high')),
    end_sensitivity: optional(oneOf('auto', 'low', 'high')),
    silence_ms: optional(upTo(LIMITS.silenceMs)),
    interruptible: optional(bool),
    greeting: optional(bool),
    nudge_s: optional(upTo(LIMITS.nudgeS)),
    affective: optional(bool),
    proactive: optional(bool),
    thinking: optional(oneOf('auto', 'off', 'low', 'high')),
  },
  { unknown: 'bad_settings' },
);

/** @type {Check} a bad value inside the settings is `bad_settings`; no settings at all is `bad_event` */
const settings = (value) => {
  must(isMap(value));
  try {
    settingsShape(value);
  } catch (fault) {
    throw fault instanceof Fault && fault.code === 'too_large' ? fault : new Fault('bad_settings');
  }
};

/** @type {Check} */
const version = (value) => {
  must(Number.isSafeInteger(value));
  must(value === VERSION, 'unsupported_version');
};

/** @type {Record<string, Check>} what a browser may say */
const CLIENT = {
  start: shape({ version, settings, conversation: optional(conversationId) }),
  mic: (value) => {
    shape({ seq: count, pcm: optional(micPcm), mulaw: optional(micMulaw) })(value);
    must((value.pcm ?? null) === null || (value.mulaw ?? null) === null);
    must((value.pcm ?? value.mulaw ?? null) !== null);
  },
  mic_end: shape({ reason: oneOf('muted', 'ended') }),
  frame: shape({ source: oneOf('camera', 'screen', 'picture'), seq: count, jpeg }),
  text: shape({ text: typed, ref: optional(ref) }),
  activity: shape({ state: oneOf('start', 'end') }),
  interrupt: shape({ turn: count }),
  played: shape({ turn: count, ms: duration, flushed: optional(bool) }),
  configure: shape({ settings }),
  stop: shape({}),
};

/** @param {Record<string, Check>} fields a newer server may say more than this page knows */
const said = (fields) => shape(fields, { open: true });

const problem = said({
  code: string, fault: oneOf('client', 'upstream', 'ours'), retryable: bool, message: string, retry_after_ms: optional(duration),
});
const role = oneOf('user', 'agent');

/** @type {Record<string, Check>} what a server says */
const SERVER = {
  status: said({
    state: oneOf(...STATES), since: duration, code: optional(string), retry_ms: optional(duration), lost_ms: optional(duration),
  }),
  audio: said({ turn: count, seq: count, pcm: voicePcm }),
  flush: said({ turn: count }),
  caption: said({ turn: count, role, text: string, final: bool, cut: bool }),
  turn: said({ turn: count, state: oneOf('complete', 'interrupted'), why: optional(string) }),
  received: said({ seq: mark, model: mark, handle: optional(mark) }),
  usage: said({
    tokens: (value) => {
      must(isMap(value));
      Object.values(value).forEach(count);
    },
  }),
  tool: said({ id: string, name: string, state: oneOf('running', 'done', 'failed', 'cancelled'), turn: count, detail: string }),
  error: problem,
  goodbye: said({ why: string, retry_after_ms: optional(duration) }),
};

const inForce = said({ model: string, voice: string, instructions: string });

/** @type {Record<string, Check>} what a server answers */
const ACKS = {
  start: said({
    conversation: conversationId,
    settings: inForce,
    engine: string,
    voices: listOf(said({ name: string, style: optional(string) })),
    resumed: bool,
    turns: listOf(SERVER.caption),
  }),
  frame: said({ seq: count, sent: bool }),
  text: said({ ref: optional(ref) }),
  configure: said({ settings: inForce }),
  stop: said({}),
};

/** @param {Check} check @param {any} value @returns {string | null} */
function verdict(check, value) {
  try {
    check(value);
    return null;
  } catch (fault) {
    if (fault instanceof Fault) return fault.code;
    throw fault;
  }
}

/** @param {string} event @param {any} map @returns {string | null} the code of what is wrong, or null */
export function clientFault(event, map) {
  return Object.hasOwn(CLIENT, event) ? verdict(CLIENT[event], map) : 'unknown_event';
}

/** @param {string} event @param {any} map @returns {string | null} the code of what is wrong, or null */
export function serverFault(event, map) {
  return Object.hasOwn(SERVER, event) ? verdict(SERVER[event], map) : 'bad_event';
}

/** @param {string} event what was asked @param {any} ack @returns {string | null} the code of what is wrong, or null */
export function ackFault(event, ack) {
  const check = isMap(ack) && 'error' in ack ? said({ error: problem }) : ACKS[event];
  return check ? verdict(check, ack) : 'unknown_event';
}

export const SERVER_EVENTS = Object.freeze(Object.keys(SERVER));
