/** The state on the page: one render, which changes only what differs. */

import { readable, running } from './calls.js';
import { Transcript } from './captions.js';
import { byId, setText } from './dom.js';
import { Dial } from './meter.js';
import { renderNotices } from './notices.js';
import { stateWord } from './session.js';
import { ENGINE_NAMES, HOLD, megabytes, MIC_BUTTON, NOT_LISTENING, seconds, SPEAKING, STATE_WORDS } from './words.js';

/** @typedef {import('./session.js').State} State */

/** States that a person who can't see the page wants to hear of; the others come and go with every sentence. */
const ANNOUNCED = new Set(['reconnecting', 'resuming', 'held', 'needs_token', 'draining', 'ended', 'unavailable']);

export class View {
  #dial = new Dial(byId('dial', HTMLCanvasElement));
  #transcript = new Transcript(byId('transcript', HTMLElement), byId('lines', HTMLElement), byId('announcer', HTMLElement));
  #word = '';

  /**
   * @param {() => {user: AnalyserNode | null, agent: AnalyserNode | null}} voices
   * @param {Parameters<typeof renderNotices>[2]} actions
   */
  constructor(voices, actions) {
    this.voices = voices;
    this.actions = actions;
  }

  /** @param {State} state @param {boolean} [restored] the transcript was said before */
  render(state, restored = false) {
    const word = stateWord(state);
    const active = state.phase === 'starting' || state.phase === 'live';
    const { dataset } = document.body;
    dataset.state = word;
    dataset.phase = state.phase;
    dataset.mic = state.mic;
    if (word !== this.#word && ANNOUNCED.has(word)) this.#transcript.say(STATE_WORDS[word].title);
    this.#word = word;
    const words = word === 'listening' && state.mic !== 'on' ? NOT_LISTENING[state.mic] : STATE_WORDS[word];
    setText(byId('state', HTMLElement), words.title);
    setText(byId('hint', HTMLElement), hint(state, word) ?? words.hint);
    setText(byId('engine', HTMLElement), engineLine(state));
    this.#buttons(state, active, word);
    this.#progress(state);
    this.#transcript.render(state, restored);
    byId('empty', HTMLElement).hidden = state.turns.length + state.typed.length + state.tools.length + state.pictures.length > 0;
    renderNotices(byId('notice', HTMLElement), state.notices, this.actions);
    const { loading } = state.config ?? {};
    this.#dial.show({ word, progress: loading?.total ? loading.done / loading.total : 0, ...this.voices() });
  }

  /** @param {State} state @param {boolean} active @param {string} word */
  #buttons({ mic, phase }, active, word) {
    const [start, mute, silence, stop] = ['start', 'mute', 'silence', 'stop'].map((id) => byId(id, HTMLButtonElement));
    const had = document.activeElement;
    start.hidden = active;
    mute.hidden = silence.hidden = stop.hidden = !active;
    mute.ariaDisabled = String(mic === 'asking'); // not `disabled`: it holds the focus that came from Start
    silence.disabled = word !== 'speaking';
    setText(byId('start-label', HTMLElement), phase === 'ended' ? 'Start again' : 'Start');
    setText(byId('mute-label', HTMLElement), MIC_BUTTON[mic]);
    if (had === start && active) mute.focus(); // focus must not fall off a button that goes
    if ((had === stop || had === mute) && !active) start.focus();
  }

  /** @param {State} state */
  #progress({ config }) {
    const loading = config?.state === 'loading' ? config.loading : null;
    const bar = byId('progress-bar', HTMLProgressElement);
    byId('progress', HTMLElement).hidden = !loading;
    if (!loading) return;
    const { what, file, done, total } = loading;
    if (total > 0) bar.value = done / total;
    else bar.removeAttribute('value');
    const share = total > 0 ? `${megabytes(done)} of ${megabytes(total)}, ${Math.floor((100 * done) / total)} %` : '';
    setText(byId('progress-what', HTMLElement), `${what === 'download' ? 'Downloading' : 'Loading'} ${file}`);
    setText(byId('progress-share', HTMLElement), share);
  }
}

/** What the state's own words do not know. @param {State} state @param {string} word */
function hint({ config, waiting, server, tools, connected, phase, mic, settings }, word) {
  if (word === 'listening' && mic === 'on' && settings?.manual_activity) return HOLD;
  if (word === 'speaking' && mic !== 'on') return SPEAKING.unheard;
  if (word === 'speaking' && settings?.manual_activity) return SPEAKING.byHand;
  if (word === 'speaking' && settings?.interruptible === false) return SPEAKING.finishes;
  if (word === 'loading' && phase !== 'idle') return 'The conversation starts as soon as the models are ready.';
  if (waiting && word === 'connecting') return waiting.message;
  if (word === 'unavailable') return config?.problem?.message ?? STATE_WORDS.unavailable.hint;
  if (word === 'thinking' && running(tools).length > 0) return `${running(tools).map(readable).join(', ')}…`;
  if (word === 'reconnecting' && server.retryMs) {
    return `${connected ? 'The model’s side was lost' : 'The connection was lost'}. Next try in ${seconds(server.retryMs)}.`;
  }
  return null;
}

/** @param {State} state */
function engineLine({ config, engine, settings }) {
  const name = settings?.model ?? config?.model;
  const models = config?.models ?? [];
  // With one model only, there is nothing to tell apart.
  const title = models.length > 1 && (models.find((model) => model.name === name)?.title ?? name);
  return [ENGINE_NAMES[engine] ?? engine, title].filter(Boolean).join(' · ');
}
