/**
 * What the page knows, and how each happening changes it: `reduce(state, event) -> state`. Pure: no DOM, no clock, no socket.
 */

import { heardOf, left } from './calls.js';
import { DEFAULTS } from './choices.js';
import { CONVERSATION_GONE, GAVE_UP, HELD, MIC_WORDS, NEW_CONVERSATION, NO_PAGE_CONFIG, NO_VOICE, PICTURE_WORDS, SOURCE_WORDS, TAKEN_OVER } from './words.js';

/**
 * @typedef {object} Settings as docs/wire.md has them
 * @property {string} model
 * @property {string} voice
 * @property {string} persona
 * @property {Record<string, string>} options
 * @property {string} instructions
 * @property {string} language
 * @property {boolean} manual_activity
 * @property {'auto' | 'low' | 'high'} start_sensitivity
 * @property {'auto' | 'low' | 'high'} end_sensitivity
 * @property {number} silence_ms
 * @property {boolean} interruptible
 * @property {boolean} greeting
 * @property {number} nudge_s
 * @property {boolean} affective
 * @property {boolean} proactive
 * @property {'auto' | 'off' | 'low' | 'high'} thinking
 */

/** @typedef {{name: string, style?: string}} Voice */

/**
 * @typedef {object} Persona
 * @property {string} name
 * @property {string} title
 * @property {string} description
 * @property {string} instructions
 * @property {string | null} voice
 * @property {boolean} greeting
 * @property {('camera' | 'screen')[]} shows
 * @property {{name: string, label: string, default: string, choices: string[]}[]} options
 * @property {{name: string, description: string}[]} tools
 * @property {string[]} [needs] settings without which it is of little use
 * @property {string | null} problem with the model that a conversation begins with
 */

/**
 * @typedef {object} Model
 * @property {string} name
 * @property {string} title
 * @property {Record<string, string>} [refused] setting -> why the model does not take it
 * @property {Record<string, string>} [notes] setting -> what to know of it
 */

/** @typedef {{code: string, message: string, fault?: string, retryable?: boolean, retry_after_ms?: number | null}} Problem */
/** @typedef {{turn: number, role: 'user' | 'agent', text: string, final: boolean, cut: boolean}} Caption */
/** @typedef {'takeover' | 'again' | 'microphone' | 'camera' | 'screen' | 'reload'} Remedy a button that mends it */
/** @typedef {{code: string, message: string, remedy?: Remedy}} Notice */
/** @typedef {'off' | 'asking' | 'on' | 'muted'} Mic */
/** @typedef {import('./words.js').MicReason} MicReason */
/** @typedef {'off' | 'asking' | 'on'} SourceState */
/** @typedef {import('./source.js').SourceReason} SourceReason */
/** @typedef {import('./pictures.js').PictureReason} PictureReason */

/**
 * @typedef {object} Picture that the person gave
 * @property {string} id
 * @property {string} name
 * @property {string} url of a small one
 * @property {number} width
 * @property {number} height
 * @property {'sending' | 'sent' | 'failed'} state
 * @property {number} turn a half more than the exchange that it came after
 */

/**
 * @typedef {object} Config `GET /api/config`
 * @property {'ready' | 'loading' | 'unavailable'} state
 * @property {string} version
 * @property {string} engine
 * @property {string} model
 * @property {Model[]} models
 * @property {string} voice
 * @property {Voice[]} voices
 * @property {Persona[]} [personas]
 * @property {{file: string, message: string}[]} [persona_problems]
 * @property {boolean} [samples] whether a voice can be heard before
 * @property {string[] | null} [languages] BCP-47
 * @property {string[]} transports
 * @property {Record<string, number> & {text_chars: number, instructions_chars: number, mic_chunk_ms: number}} limits
 * @property {{what: 'download' | 'models', file: string, part?: any, done: number, total: number} | null} loading
 * @property {Problem | null} problem
 */

/**
 * @typedef {object} State
 * @property {Config | null} config
 * @property {'idle' | 'starting' | 'live' | 'ended'} phase what the person wants: a conversation, or none
 * @property {boolean} connected
 * @property {{state: string, code?: string | null, retryMs?: number | null, lostMs?: number | null}} server its last `status`
 * @property {Problem | null} waiting why the start has to wait
 * @property {Mic} mic
 * @property {{camera: SourceState, screen: SourceState}} sources
 * @property {Picture[]} pictures in the order in which they were given
 * @property {string} engine
 * @property {Settings | null} settings those in force
 * @property {Caption[]} turns in the order of speaking
 * @property {{ref: string, text: string}[]} typed words on their way
 * @property {number | null} sounding the turn whose voice comes out of the speaker
 * @property {number} voiced the last turn that had a voice
 * @property {boolean} hushed the person silenced the agent, and the server has not answered
 * @property {import('./calls.js').Call[]} tools every use of one, in the order in which they began
 * @property {Notice[]} notices
 */

/**
 * @typedef {{type: 'config', config: Config} | {type: 'config_failed'}
 *   | {type: 'begin', again: boolean} | {type: 'started', answer: any} | {type: 'configured', settings: any} | {type: 'unconfigured', problem: Problem}
 *   | {type: 'later', problem: Problem, afterMs: number} | {type: 'refused', problem: Problem}
 *   | {type: 'forgotten', goesOn: boolean} | {type: 'stopped'}
 *   | {type: 'up'} | {type: 'down', retryMs: number} | {type: 'lost'}
 *   | {type: 'mic', mic: Mic, reason?: MicReason} | {type: 'no_voice'}
 *   | {type: 'source', source: 'camera' | 'screen', state: SourceState, reason?: SourceReason}
 *   | {type: 'picture', picture: Omit<Picture, 'turn'>} | {type: 'picture_went', id: string, sent: boolean, problem?: Problem}
 *   | {type: 'no_picture', reason: PictureReason}
 *   | {type: 'sounding', turn: number | null} | {type: 'hushed'}
 *   | {type: 'typed', ref: string, text: string} | {type: 'taken', ref: string} | {type: 'untyped', ref: string, problem: Problem}
 *   | {type: 'dismiss', code: string}
 *   | {type: 'server', event: string, map: any}} Event
 */

/** @type {State['sources']} */
const NOTHING_SHOWN = { camera: 'off', screen: 'off' };

/** @type {Readonly<State>} */
export const INITIAL = Object.freeze({
  config: null,
  phase: 'idle',
  connected: false,
  server: { state: 'connecting' },
  waiting: null,
  mic: 'off',
  sources: NOTHING_SHOWN,
  pictures: [],
  engine: '',
  settings: null,
  turns: [],
  typed: [],
  sounding: null,
  voiced: 0,
  hushed: false,
  tools: [],
  notices: [],
});

/** Only so many notices at once: the newest matter. */
const MOST_NOTICES = 3;

/** @param {State} state @param {Event} event @returns {State} */
export function reduce(state, event) {
  const { type } = event;
  if (type === 'server') return heard(state, event.event, event.map);
  if (type === 'mic') return microphone(state, event.mic, event.reason);
  return ownEvents[type](state, /** @type {any} */ (event));
}

/** @type {Record<Exclude<Event['type'], 'server' | 'mic'>, (state: State, event: any) => State>} */
const ownEvents = {
  config: (state, { config }) => without({ ...state, config, engine: state.engine || config.engine }, 'server_unreachable'),
  config_failed: (state) => notify(state, { code: 'server_unreachable', message: NO_PAGE_CONFIG }),
  begin: (state, { again }) => ({
    ...state,
    phase: 'starting',
    server: { state: 'connecting' },
    notices: [],
    ...(again ? {} : { turns: [], typed: [], tools: [], pictures: [], voiced: 0, settings: null }),
  }),
  started: (state, { answer }) =>
    without(
      {
        ...state,
        phase: 'live',
        waiting: null,
        engine: answer.engine,
        settings: inForce(answer.settings),
        tools: left(state.tools, 'lost'),
        config: state.config && { ...state.config, voices: answer.voices },
        turns: answer.turns.length > 0 ? answer.turns.reduce(place, state.turns) : state.turns,
      },
      'server_unreachable',
    ),
  configured: (state, { settings }) => without({ ...state, settings: inForce(settings) }, 'bad_settings'),
  unconfigured: (state, { problem }) => notify(state, notice(problem)),
  later: (state, { problem }) => ({ ...state, waiting: problem }),
  refused: (state, { problem }) => notify(over(state), notice(problem)),
  forgotten: (state, { goesOn }) =>
    notify(
      { ...(goesOn ? state : over(state)), turns: [], tools: [], pictures: [] },
      { code: 'not_found', message: goesOn ? NEW_CONVERSATION : CONVERSATION_GONE },
    ),
  stopped: (state) => ({ ...over(state), phase: 'ended', notices: [] }),
  up: (state) => without({ ...state, connected: true }, 'server_unreachable'),
  down: (state, { retryMs }) => ({ ...state, connected: false, server: { ...state.server, retryMs } }),
  lost: (state) => notify({ ...over(state), phase: 'ended' }, { code: 'server_unreachable', message: GAVE_UP, remedy: 'again' }),
  source: (state, { source, state: is, reason }) => shown(state, source, is, reason),
  picture: (state, { picture }) => ({
    ...without(state, ...Object.keys(PICTURE_WORDS).map((word) => `picture_${word}`)),
    pictures: [...state.pictures, { ...picture, turn: (state.turns.at(-1)?.turn ?? 0) + 0.5 }],
  }),
  picture_went: (state, { id, sent, problem }) => {
    /** @type {Picture['state']} */
    const is = sent ? 'sent' : 'failed';
    const next = { ...state, pictures: state.pictures.map((picture) => (picture.id === id ? { ...picture, state: is } : picture)) };
    return problem ? notify(next, notice(problem)) : next;
  },
  no_picture: (state, { reason }) => notify(state, { code: `picture_${reason}`, message: PICTURE_WORDS[/** @type {PictureReason} */ (reason)] }),
  no_voice: (state) => notify(state, { code: 'no_voice', message: NO_VOICE }),
  sounding: (state, { turn }) => ({ ...state, sounding: turn }),
  hushed: (state) => ({ ...state, sounding: null, hushed: true }),
  typed: (state, { ref, text }) => ({ ...state, typed: [...state.typed, { ref, text }] }),
  taken: (state, { ref }) => ({ ...state, typed: state.typed.filter((words) => words.ref !== ref) }),
  untyped: (state, { ref, problem }) =>
    notify({ ...state, typed: state.typed.filter((words) => words.ref !== ref) }, notice(problem)),
  dismiss: (state, { code }) => without(state, code),
};

/** @param {State} state @param {string} event @param {any} map @returns {State} */
function heard(state, event, map) {
  switch (event) {
    case 'status':
      return status(state, map);
    case 'audio':
      return map.turn > state.voiced ? { ...state, voiced: map.turn } : state;
    case 'caption':
      return { ...state, turns: place(state.turns, map) };
    case 'turn':
      return { ...state, turns: ended(state.turns, map) };
    case 'tool':
      return { ...state, tools: heardOf(state.tools, map) };
    case 'error':
      return map.code === 'taken_over' ? elsewhere(state) : notify(state, notice(map));
    case 'goodbye':
      if (map.why === 'taken_over') return elsewhere(state);
      return comesBack(map) ? { ...state, server: { state: 'draining' } } : { ...over(state), phase: 'ended' };
    default: // `flush`, `received` and `usage` change nothing that is shown
      return state;
  }
}

/** Whether a goodbye asks the page to return. @param {{why: string, retry_after_ms?: number | null}} goodbye */
export function comesBack(goodbye) {
  return typeof goodbye.retry_after_ms === 'number' && goodbye.why !== 'taken_over';
}

/** @param {State} state @param {any} map @returns {State} */
function status(state, map) {
  const server = { state: map.state, code: map.code, retryMs: map.retry_ms, lostMs: map.lost_ms };
  const next = { ...state, server, hushed: false };
  if (map.state === 'ended') return { ...over(next), phase: 'ended' };
  if (map.state === 'held') return notify(next, { code: map.code ?? 'held', message: HELD, remedy: 'again' });
  return without(next, 'upstream_lost');
}

/** @param {State} state @param {Mic} mic @param {MicReason} [reason] @returns {State} */
function microphone(state, mic, reason) {
  const next = without({ ...state, mic }, ...Object.keys(MIC_WORDS).map((word) => `microphone_${word}`));
  if (!reason) return next;
  return notify(next, {
    code: `microphone_${reason}`,
    message: MIC_WORDS[reason],
    ...(reason !== 'insecure' && { remedy: 'microphone' }),
  });
}

/**
 * The camera or the screen.
 * @param {State} state @param {'camera' | 'screen'} source @param {SourceState} is @param {SourceReason} [reason]
 * @returns {State}
 */
function shown(state, source, is, reason) {
  const words = SOURCE_WORDS[source];
  const next = without({ ...state, sources: { ...state.sources, [source]: is } }, ...Object.keys(words).map((word) => `${source}_${word}`));
  if (!reason) return next;
  const mends = !['insecure', 'unsupported', 'cancelled'].includes(reason);
  return notify(next, { code: `${source}_${reason}`, message: words[reason] ?? words.failed, ...(mends && { remedy: source }) });
}

/** Someone opened the conversation elsewhere. @param {State} state */
function elsewhere(state) {
  return notify({ ...over(state), phase: 'ended' }, { code: 'taken_over', message: TAKEN_OVER, remedy: 'takeover' });
}

/** Nothing goes on any more; what was said stays on the page. @param {State} state @returns {State} */
function over(state) {
  return {
    ...state,
    phase: 'idle',
    connected: false,
    waiting: null,
    mic: 'off',
    sources: NOTHING_SHOWN,
    sounding: null,
    typed: [],
    tools: left(state.tools, 'cancelled'),
    turns: state.turns.map((turn) => ({ ...turn, final: true })),
  };
}

/**
 * Put a caption in its place: turns in order, in each the person before the agent.
 * @param {Caption[]} turns @param {Caption} caption
 * @returns {Caption[]}
 */
function place(turns, { turn, role, text, final, cut }) {
  const caption = { turn, role, text, final, cut };
  const at = turns.findIndex((known) => known.turn > turn || (known.turn === turn && (known.role === role || role === 'user')));
  if (at < 0) return [...turns, caption];
  const same = turns[at].turn === turn && turns[at].role === role;
  return turns.toSpliced(at, same ? 1 : 0, caption);
}

/** @param {Caption[]} turns @param {{turn: number, state: string}} end @returns {Caption[]} */
function ended(turns, end) {
  if (end.state !== 'interrupted') return turns;
  return turns.map((turn) => (turn.turn === end.turn && turn.role === 'agent' ? { ...turn, cut: true } : turn));
}

/** @param {any} settings @returns {Settings} */
function inForce(settings) {
  return { ...DEFAULTS, ...settings, language: settings.language ?? '' };
}

/** @param {Problem} problem @returns {Notice} */
function notice({ code, message }) {
  return code === 'unsupported_version' ? { code, message, remedy: 'reload' } : { code, message };
}

/** @param {State} state @param {Notice} news @returns {State} */
function notify(state, news) {
  return { ...state, notices: [news, ...without(state, news.code).notices].slice(0, MOST_NOTICES) };
}

/** @param {State} state @param {...string} codes @returns {State} */
function without(state, ...codes) {
  const notices = state.notices.filter(({ code }) => !codes.includes(code));
  return notices.length === state.notices.length ? state : { ...state, notices };
}

/**
 * The one word for it all: a state of the wire, or `idle` or `unavailable`, which are the page's own.
 * @param {State} state
 * @returns {string}
 */
export function stateWord({ phase, config, waiting, connected, server, sounding, hushed }) {
  if (phase === 'ended') return 'ended';
  if (phase === 'idle') {
    if (!config) return 'connecting';
    return config.state === 'ready' ? 'idle' : config.state;
  }
  if (waiting) return config?.state === 'loading' || waiting.code === 'loading_models' ? 'loading' : 'connecting';
  if (phase === 'starting') return 'connecting';
  if (!connected) return 'reconnecting';
  if (sounding !== null && ['listening', 'thinking'].includes(server.state)) return 'speaking';
  if (hushed && server.state === 'speaking') return 'listening';
  return server.state;
}
