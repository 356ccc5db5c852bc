/**
 * One conversation over a link that comes and goes: start, continue after every reconnection, and what to do when the server says "later".
 */

import { encoded } from './mulaw.js';
import { MicRing } from './ring.js';
import { Uplink } from './uplink.js';
import { MIC_RATE, VERSION } from './wire.js';

/** The voice that is kept while the connection is away, in ms. */
const KEPT_MS = 5_000;
/** The longest piece in which kept voice is sent, in ms. */
const PIECE_MS = 500;
/** How long to wait where the server did not say, in ms. */
const LATER_MS = 3_000;

/** Refusals after which asking again is all there is to do. */
const WAIT_FOR = new Set(['loading_models', 'models_missing', 'full', 'draining', 'engine_unavailable', 'upstream_unreachable', 'upstream_timeout']);

/** @typedef {import('./session.js').Event} Event */
/** @typedef {import('./session.js').Settings} Settings */
/** @typedef {import('./memory.js').Memory} Memory */

export class Conversation {
  #ring = new MicRing(KEPT_MS);
  #uplink = new Uplink();
  #seq = 0;
  #running = false;
  #hasRun = false; // since the person asked for it, on this page
  #timer = 0;
  #refs = 0;
  #page = Date.now().toString(36); // a reload must not use a reference again
  /** @type {Map<string, string>} ref -> typed words that have no answer yet */
  #typed = new Map();
  /** @type {Partial<Settings>} changes that have no answer yet */
  #changes = {};
  /** @type {'muted' | 'ended' | null} an end of the voice that could not be said yet */
  #micEnd = null;
  #activity = false; // the server waits for the end of one
  #byHand = false; // what is not said within an activity must not leave

  /**
   * @param {import('./link.js').Link} link
   * @param {Memory} memory
   * @param {() => Partial<Settings>} settings what a new conversation begins with
   * @param {(event: Event) => void} dispatch
   */
  constructor(link, memory, settings, dispatch) {
    this.link = link;
    this.memory = memory;
    this.settings = settings;
    this.dispatch = dispatch;
    /** @type {string | null} */
    this.id = memory.conversation;
    this.#seq = memory.seq;
  }

  /** Send `start` on the open link; the answer decides what comes next. */
  async begin() {
    clearTimeout(this.#timer);
    if (!this.id) this.#changes = {}; // they are in the settings that it begins with
    const answer = await this.link.ask('start', {
      version: VERSION,
      settings: this.id ? {} : this.settings(),
      ...(this.id && { conversation: this.id }),
    });
    if (answer === null) {
      if (this.link.connected) this.link.comeBack(LATER_MS);
    } else if (answer.error) this.#refused(answer.error);
    else this.#started(answer);
  }

  /** @param {any} answer */
  #started(answer) {
    this.id = this.memory.conversation = answer.conversation;
    this.#running = this.#hasRun = true;
    this.#byHand = answer.settings.manual_activity;
    this.dispatch({ type: 'started', answer });
    if (this.#byHand && !this.#activity) this.#ring.clear(); // nobody held the button
    for (const pcm of this.#ring.drain(PIECE_MS)) this.#sendMic(pcm);
    this.activity('end');
    if (this.#micEnd) this.endMic(this.#micEnd);
    for (const [ref, text] of this.#typed) void this.#sendText(ref, text);
    if (Object.keys(this.#changes).length > 0) void this.configure({});
  }

  /** @param {import('./session.js').Problem} problem */
  #refused(problem) {
    if (problem.code === 'already_started') return;
    if (problem.code === 'not_found' && this.id) {
      this.forget();
      this.dispatch({ type: 'forgotten', goesOn: this.#hasRun });
      if (this.#hasRun) void this.begin();
      else this.pause(); // a reload found nothing: a new one is the person's to start
    } else if (WAIT_FOR.has(problem.code)) {
      const afterMs = problem.retry_after_ms ?? LATER_MS;
      this.dispatch({ type: 'later', problem, afterMs });
      this.#timer = window.setTimeout(() => this.link.connected && void this.begin(), afterMs);
    } else {
      this.dispatch({ type: 'refused', problem });
      this.pause();
    }
  }

  /** The link is away: keep what is said. */
  away() {
    this.#running = false;
    this.#uplink.reset();
    clearTimeout(this.#timer);
  }

  /** End it, for good. */
  stop() {
    this.say('stop', {}); // it leaves before the link closes: engine.io empties its buffer first
    this.forget();
    this.pause();
  }

  /** Let go of the link but not of the conversation. */
  pause() {
    this.away();
    this.#hasRun = false;
    this.#ring.clear();
    this.#typed.clear();
    this.#changes = {};
    this.#micEnd = null;
    this.#activity = false;
    this.link.close();
  }

  forget() {
    this.id = this.memory.conversation = null;
    this.#seq = this.memory.seq = 0;
  }

  /** Whether the server has begun it on this connection. */
  get running() {
    return this.#running;
  }

  /** A frame of the person's voice. @param {ArrayBuffer} pcm */
  mic(pcm) {
    if (this.#running && this.#byHand && !this.#activity) return; // it was on its way when push-to-talk came
    this.#micEnd = null;
    if (this.#running && this.link.connected) this.#sendMic(pcm);
    else this.#ring.push(pcm);
  }

  /** @param {ArrayBuffer} pcm */
  #sendMic(pcm) {
    const voice = this.#uplink.narrow ? { mulaw: encoded(pcm) } : { pcm };
    if (!this.link.say('mic', { seq: this.#seq, ...voice })) return;
    this.#uplink.sent(this.#seq, (pcm.byteLength * 500) / MIC_RATE, performance.now());
    this.memory.seq = this.#seq += 1;
  }

  /** True while the voice is behind on its way up: whatever can wait has to. */
  get lagging() {
    return this.#uplink.lagging(performance.now());
  }

  /** After this nothing of the voice leaves, kept or new. @param {'muted' | 'ended'} reason */
  endMic(reason) {
    this.#ring.clear();
    this.#micEnd = this.#running && this.link.say('mic_end', { reason }) ? null : reason;
  }

  /**
   * The person marks what they say. What is not ended before the connection goes is ended on the next one, behind the voice that was kept.
   * @param {'start' | 'end'} state
   */
  activity(state) {
    if ((state === 'start') === this.#activity || !this.#running) return;
    if (this.link.say('activity', { state })) this.#activity = state === 'start';
  }

  /** Typed words; kept until the server has them. @param {string} text */
  type(text) {
    const ref = `${this.#page}-${++this.#refs}`;
    this.#typed.set(ref, text);
    this.dispatch({ type: 'typed', ref, text });
    if (this.#running) void this.#sendText(ref, text);
  }

  /** @param {string} ref @param {string} text */
  async #sendText(ref, text) {
    const answer = await this.link.ask('text', { text, ref });
    if (answer === null) return; // it goes again with the next start
    this.#typed.delete(ref);
    this.dispatch(answer.error ? { type: 'untyped', ref, problem: answer.error } : { type: 'taken', ref });
  }

  /** Changes go together until the server has answered them: the answer to the last is what is in force. @param {Partial<Settings>} settings */
  async configure(settings) {
    const changes = (this.#changes = { ...this.#changes, ...settings });
    if (!this.#running) return;
    const answer = await this.link.ask('configure', { settings: changes });
    if (answer === null || this.#changes !== changes) return; // it goes again with the next start, or went with the next change
    this.#changes = {};
    if (answer.error) this.dispatch({ type: 'unconfigured', problem: answer.error });
    else {
      this.#byHand = answer.settings.manual_activity;
      this.dispatch({ type: 'configured', settings: answer.settings });
    }
  }

  /** @param {string} event @param {object} map */
  say(event, map) {
    if (this.#running) this.link.say(event, map);
  }

  /** @param {string} event @param {object} map @returns {Promise<any>} the answer, or null: no conversation runs, or the connection went */
  ask(event, map) {
    return this.#running ? this.link.ask(event, map) : Promise.resolve(null);
  }

  /** The server has the voice up to here: never count from below it. @param {number} seq */
  received(seq) {
    this.#uplink.received(seq);
    this.#seq = Math.max(this.#seq, seq + 1);
  }
}
