/** Wiring only: who hears whom. */

import { keepAwake } from './lib/awake.js';
import { Microphone, NoMicrophone } from './lib/capture.js';
import { bindControls } from './lib/controls.js';
import { watchConfig } from './lib/config.js';
import { Conversation } from './lib/conversation.js';
import { Floor } from './lib/floor.js';
import { Link } from './lib/link.js';
import { Memory } from './lib/memory.js';
import { Panel } from './lib/panel.js';
import { Player } from './lib/playback.js';
import { Preferences } from './lib/preferences.js';
import { Pictures } from './lib/pictures.js';
import { comesBack, INITIAL, reduce, stateWord } from './lib/session.js';
import { PushToTalk } from './lib/pushtotalk.js';
import { Show } from './lib/show.js';
import { View } from './lib/view.js';

/** The least length of a frame where every message is a request of its own, in ms. */
const POLLING_FRAME_MS = 100;

let state = INITIAL;
let micWasLost = false;
let watching = false;

const memory = new Memory();
const microphone = new Microphone((pcm) => conversation.mic(pcm), loseMicrophone, (what) => {
  if (what === 'released') talk.released();
  else floor.silence();
});
const player = new Player(
  (turn, ms) => conversation.say('played', { turn, ms }),
  (turn) => dispatch({ type: 'sounding', turn }),
);
const link = new Link(globalThis.io, {
  up: () => {
    dispatch({ type: 'up' });
    void conversation.begin();
  },
  down: (retryMs) => {
    conversation.away();
    dispatch({ type: 'down', retryMs });
  },
  lost: () => {
    conversation.pause();
    release();
    dispatch({ type: 'lost' });
  },
  heard,
  transport: (polling) => microphone.setFrame(Math.max(state.config?.limits.mic_chunk_ms ?? 40, polling ? POLLING_FRAME_MS : 0)),
});
const conversation = new Conversation(link, memory, () => preferences.settings, dispatch);
const floor = new Floor({ microphone, player, conversation, dispatch });
const talk = new PushToTalk({
  silence: () => floor.silence(),
  activity: (state) => conversation.activity(state),
  press: (on) => microphone.press(on),
});
const preferences = new Preferences(memory, (settings) => active() && void conversation.configure(settings));
const show = new Show({
  ask: (event, map) => conversation.ask(event, map),
  lagging: () => conversation.lagging,
  ears: () => microphone.analyser,
  dispatch,
  begin: (how) => active() || begin(how),
  pictures: (files) => pictures.add(files),
  closer: (source) => pictures.closer(source),
});
const pictures = new Pictures({
  conversation: () => conversation.id,
  begin: () => active() || begin({ voice: false }),
  dispatch,
  show: () => show,
});
const view = new View(() => ({ user: microphone.analyser, agent: player.analyser }), {
  mend: (remedy) => mend[remedy](),
  dismiss: (code) => dispatch({ type: 'dismiss', code }),
});

/** @param {import('./lib/session.js').Event} event */
function dispatch(event) {
  const before = state;
  state = reduce(state, event);
  if (state === before) return;
  if (state.config && state.settings && state.settings !== before.settings) preferences.show(state.config, state.settings);
  if (event.type === 'unconfigured' && state.settings) preferences.putBack(state.settings);
  if (active() !== active(before)) {
    void keepAwake(active());
    preferences.talking = active();
  }
  if (event.type === 'refused') release();
  if (event.type === 'later') void watch(); // how far the loading is
  view.render(state, event.type === 'started');
  show.render(state, event.type);
  pictures.render(state);
  talk.render(state, active(), conversation.running);
  floor.follow(state.settings ?? preferences.settings, preferences.duck);
}

function active({ phase } = state) {
  return phase === 'starting' || phase === 'live';
}

/** @param {string} event @param {any} map */
function heard(event, map) {
  if (event === 'audio') player.push(map);
  else if (event === 'turn') player.end(map.turn);
  else if (event === 'received') conversation.received(map.seq);
  else if (event === 'flush') {
    void player.flush(map.turn).then((ms) => conversation.say('played', { turn: map.turn, ms, flushed: true }));
  }
  dispatch({ type: 'server', event, map });
  if (event === 'goodbye' && comesBack(map)) link.comeBack(map.retry_after_ms);
  else if (!active() && link.connected) leave();
}

/** The server has ended it, or gave it to another tab: let go, and keep the id only where it can be taken back. */
function leave() {
  if (!state.notices.some(({ remedy }) => remedy === 'takeover')) conversation.forget();
  conversation.pause();
  release();
}

/** @param {{voice: boolean, again?: boolean}} how `again` goes on with the conversation that was */
function begin({ voice, again = false }) {
  void sound();
  if (voice) void openMicrophone();
  if (active()) return;
  if (!again) conversation.forget();
  connect(again);
}

/** @param {boolean} again */
function connect(again) {
  dispatch({ type: 'begin', again });
  if (state.config) link.open(state.config.transports);
}

async function sound() {
  if (player.open) player.resume();
  else if (!(await player.start())) dispatch({ type: 'no_voice' });
  else {
    floor.connect();
    view.render(state);
  }
}

async function openMicrophone() {
  micWasLost = false;
  dispatch({ type: 'mic', mic: 'asking' });
  try {
    if (!(await microphone.start())) return;
    floor.connect();
    dispatch({ type: 'mic', mic: 'on' });
  } catch (error) {
    if (!(error instanceof NoMicrophone)) throw error;
    micWasLost = error.reason === 'none';
    dispatch({ type: 'mic', mic: 'off', reason: error.reason });
  }
}

function loseMicrophone() {
  micWasLost = true;
  conversation.endMic('ended');
  dispatch({ type: 'mic', mic: 'off', reason: 'unplugged' });
}

function toggleMicrophone() {
  if (!active()) return;
  if (state.mic === 'off') void openMicrophone();
  else if (state.mic !== 'asking') {
    const muted = state.mic === 'on';
    microphone.mute(muted);
    if (muted) conversation.endMic('muted');
    dispatch({ type: 'mic', mic: muted ? 'muted' : 'on' });
  }
}

function silence() {
  if (stateWord(state) !== 'speaking') return;
  const turn = player.sounding ?? state.voiced;
  void player.flush(turn);
  conversation.say('interrupt', { turn });
  dispatch({ type: 'hushed' });
}

function stop() {
  release();
  dispatch({ type: 'stopped' });
  conversation.stop();
}

function release() {
  microphone.stop();
  player.stop();
  show.stop();
}

/** @type {Record<import('./lib/session.js').Remedy, () => void>} */
const mend = {
  takeover: () => begin({ voice: true, again: true }),
  again: () => {
    conversation.pause();
    connect(true);
  },
  microphone: () => begin({ voice: true, again: true }),
  camera: () => show.toggle('camera'),
  screen: () => show.toggle('screen'),
  reload: () => window.location.reload(),
};

bindControls({
  start: () => begin({ voice: true }),
  stop,
  microphone: toggleMicrophone,
  silence,
  camera: () => show.toggle('camera'),
  screen: () => show.toggle('screen'),
  type: (text) => {
    begin({ voice: false });
    conversation.type(text);
  },
});

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'visible') return;
  microphone.resume();
  player.resume();
});
navigator.mediaDevices?.addEventListener('devicechange', async () => {
  if (!micWasLost || !active()) return;
  const devices = await navigator.mediaDevices.enumerateDevices();
  if (micWasLost && devices.some(({ kind }) => kind === 'audioinput')) void openMicrophone();
});
// After a reload the conversation goes on by itself, but may only be heard once the person has touched the page.
for (const gesture of ['pointerdown', 'keydown']) {
  document.addEventListener(gesture, () => active() && void sound());
}

async function watch() {
  if (watching) return;
  watching = true;
  await watchConfig(learn);
  watching = false;
}

/** @param {import('./lib/session.js').Config | null} config null: the server does not answer */
function learn(config) {
  const first = state.config === null;
  dispatch(config ? { type: 'config', config } : { type: 'config_failed' });
  if (!config) return;
  if (first || !active()) preferences.offer(config);
  if (first && active()) link.open(config.transports);
  else if (first && conversation.id) connect(true);
}

new Panel(memory);
view.render(state);
void watch();
