/** The agent's tools at work, as the page keeps them, and where they stand in the transcript. Pure. */

/** @typedef {import('./session.js').Caption} Caption */
/** @typedef {import('./session.js').Picture} Picture */

/**
 * @typedef {object} Call one use of a tool
 * @property {string} id
 * @property {string} name
 * @property {'running' | 'done' | 'failed' | 'cancelled' | 'lost'} state `lost`: how it ended was said while nobody was connected
 * @property {number} turn
 * @property {string} asked what the tool was given
 * @property {string} answered what came of it
 */

/**
 * A `tool` event: a new call, or how a known one ended.
 * @param {Call[]} calls
 * @param {{id: string, name: string, state: Call['state'], turn: number, detail: string}} event
 * @returns {Call[]}
 */
export function heardOf(calls, { id, name, state, turn, detail }) {
  const known = calls.find((call) => call.id === id);
  const running = state === 'running';
  const call = { id, name, state, turn, asked: running ? detail : (known?.asked ?? ''), answered: running ? '' : detail };
  return known ? calls.map((other) => (other === known ? call : other)) : [...calls, call];
}

/** Calls that still run get another state: nothing more will be heard of them. @param {Call[]} calls @param {Call['state']} state */
export function left(calls, state) {
  return calls.some((call) => call.state === 'running') ? calls.map((call) => (call.state === 'running' ? { ...call, state } : call)) : calls;
}

/** The names of those that run now. @param {Call[]} calls */
export function running(calls) {
  return calls.filter(({ state }) => state === 'running').map(({ name }) => name);
}

/**
 * Captions, calls and pictures in the order of the conversation: of a turn the person's words, then the tools, then the agent's.
 * @param {Caption[]} captions in order
 * @param {Call[]} calls in the order in which they began
 * @param {Picture[]} pictures in the order in which they were given
 * @returns {(Caption | Call | Picture)[]}
 */
export function interleaved(captions, calls, pictures = []) {
  const entries = [...captions, ...calls, ...pictures];
  return entries.sort((a, b) => a.turn - b.turn || rank(a) - rank(b));
}

/** @param {Caption | Call | Picture} entry */
function rank(entry) {
  return 'id' in entry ? 1 : entry.role === 'user' ? 0 : 2;
}

/** `look_up_order` for people: "Look up order". @param {string} name */
export function readable(name) {
  const words = name.replace(/[_\-.]+/g, ' ').replace(/([a-z\d])([A-Z])/g, '$1 $2').trim().toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
