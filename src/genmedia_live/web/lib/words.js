/** What the page says, in one place. Pure. */

/** @typedef {{title: string, hint: string}} Words */

/** @type {Record<string, Words>} state -> how the page names it */
export const STATE_WORDS = {
  idle: { title: 'Ready', hint: 'Press Start and speak, or type.' },
  unavailable: { title: 'Not available', hint: 'The server has no model to talk with.' },
  loading: { title: 'Getting ready', hint: 'The models are loading.' },
  connecting: { title: 'Connecting', hint: 'One moment.' },
  listening: { title: 'Listening', hint: 'Go ahead.' },
  thinking: { title: 'Thinking', hint: 'The answer is on its way.' },
  speaking: { title: 'Speaking', hint: 'Talk over it, or press Silence, to interrupt.' },
  reconnecting: { title: 'Reconnecting', hint: 'The connection was lost. Your words are kept for a moment.' },
  resuming: { title: 'Resuming', hint: 'Picking the conversation up where it was.' },
  held: { title: 'On hold', hint: 'The model can’t be reached.' },
  needs_token: { title: 'Sign-in needed', hint: 'The access token is missing, or not accepted any more.' },
  draining: { title: 'Server restarting', hint: 'The conversation goes on in a moment.' },
  ended: { title: 'Ended', hint: 'Start again whenever you like.' },
};

/** What `listening` is called when there is nothing to listen to. */
export const NOT_LISTENING = {
  muted: { title: 'Muted', hint: 'Nothing leaves your microphone.' },
  off: { title: 'Ready', hint: 'Your microphone is off. Type, or turn it on.' },
  asking: { title: 'Ready', hint: 'Allow the microphone to speak, or type.' },
};

/** How to interrupt where talking over it does not. */
export const SPEAKING = Object.freeze({
  unheard: 'Press Silence to interrupt.',
  byHand: 'Hold the button, or press Silence, to interrupt.',
  finishes: 'It finishes what it says. Press Silence to stop it.',
});

/** What `listening` says where the person marks their own speech. */
export const HOLD = 'Hold the button, or Space, while you speak.';

/** @typedef {'insecure' | 'denied' | 'none' | 'busy' | 'unplugged' | 'failed'} MicReason */

/** @type {Record<MicReason, string>} why there is no microphone, and what to do */
export const MIC_WORDS = {
  insecure: 'Browsers allow the microphone only on https pages and on localhost. Open this page that way to speak. Typing works as it is.',
  denied: 'The microphone is blocked for this page. Allow it from the icon in the address bar, then turn it on here. Typing works meanwhile.',
  none: 'No microphone was found. Plug one in and turn it on here. Typing works meanwhile.',
  busy: 'Another program holds the microphone. Close it there, then turn it on here. Typing works meanwhile.',
  unplugged: 'The microphone went away. Plug it in again, or turn on another one. Typing works meanwhile.',
  failed: 'The microphone could not be opened. Try to turn it on again. Typing works meanwhile.',
};

/** @typedef {Partial<Record<import('./source.js').SourceReason, string>> & {failed: string}} SourceWords */

/** @type {{camera: SourceWords, screen: SourceWords}} why nothing can be shown, and what to do */
export const SOURCE_WORDS = {
  camera: {
    insecure: 'Browsers allow the camera only on https pages and on localhost. Open this page that way to show something.',
    unsupported: 'This browser has no camera for pages. Open this page in another browser, or show a picture.',
    denied: 'The camera is blocked for this page. Allow it from the icon in the address bar, then turn it on here.',
    none: 'No camera was found. Plug one in and turn it on here, or show a picture.',
    busy: 'Another program holds the camera. Close it there, then turn it on here.',
    unplugged: 'The camera went away. Plug it in again, or turn on another one.',
    failed: 'The camera could not be opened. Try to turn it on again, or show a picture.',
  },
  screen: {
    insecure: 'Browsers share a screen only on https pages and on localhost. Open this page that way to share one.',
    unsupported: 'This browser can’t share a screen; phones and tablets do not. Open this page on a computer, or show a picture of the screen.',
    cancelled: 'Nothing is shared. If there was nothing to choose, allow screen recording for this browser in the system’s settings.',
    none: 'The browser found no screen or window to share. Open one, then share it here.',
    busy: 'The system would not let the browser see that. Share another window, or the whole screen.',
    ended: 'The screen is no longer shared.',
    failed: 'The screen could not be shared. Try again, or show a picture of it.',
  },
};

/** @type {Record<import('./pictures.js').PictureReason, string>} why a picture is not shown, and what to do */
export const PICTURE_WORDS = {
  too_large: 'That file is larger than 20 MB. Make it smaller, or show a screenshot of it.',
  too_many_pixels: 'That picture has too many pixels: up to 64 megapixels can be opened here. Make it smaller, or show a part of it.',
  svg: 'An SVG is a drawing program, and none is run here. Save it as PNG or JPEG, or show a screenshot of it.',
  not_a_picture: 'That is not a picture. PNG, JPEG, WebP, GIF, AVIF and BMP can be shown.',
  damaged: 'That picture can’t be read: it is damaged, or of a kind that this browser does not know. Try another copy, or PNG or JPEG.',
  too_many: 'Four pictures can be shown at once. Show the others now.',
  unsent: 'The picture did not reach the server. Check your connection, then show it again.',
  unreached: 'The model could not be reached, and the picture was dropped. Show it again in a moment.',
  hidden: 'You are changing what may be seen. Look closer when that is done.',
};

/** @type {Record<import('./session.js').Picture['state'], string>} how a picture stands */
export const PICTURE_STATES = { sending: 'on its way…', sent: '', failed: 'not sent' };

export const NO_VOICE = 'This browser can’t play the voice on this page. You can type, and read the answers.';
export const GAVE_UP = 'The server can’t be reached. Check your connection, then try again.';
export const HELD = 'The model can’t be reached for now. The conversation is kept; try again when you like.';
export const NO_PAGE_CONFIG = 'The server does not answer yet. Trying again.';
export const NEW_CONVERSATION = 'The earlier conversation is no longer there, so this is a new one.';

export const CONVERSATION_GONE = 'The earlier conversation is no longer there. Start a new one when you like.';
export const TAKEN_OVER = 'The conversation goes on in another tab or device.';

/** @type {Record<string, string>} */
export const ENGINE_NAMES = { local: 'Local engine', scripted: 'Scripted engine', vertex: 'Vertex AI', gemini: 'Gemini API' };

export const ROLE_NAMES = Object.freeze({ user: 'You', agent: 'Agent' });
export const CUT = 'interrupted';

/** @type {Record<import('./calls.js').Call['state'], {mark: string, words: string}>} how a tool stands */
export const TOOL_WORDS = {
  running: { mark: '', words: 'running…' },
  done: { mark: '✓', words: 'done' },
  failed: { mark: '!', words: 'failed' },
  cancelled: { mark: '–', words: 'cancelled' },
  lost: { mark: '?', words: 'how it ended is not known' },
};

/** @type {Record<import('./session.js').Remedy, string>} */
export const REMEDY_WORDS = {
  takeover: 'Continue here',
  again: 'Try again',
  microphone: 'Turn on microphone',
  camera: 'Turn on camera',
  screen: 'Share the screen',
  reload: 'Reload',
};

/** @type {Record<import('./session.js').Mic, string>} what a press on the microphone button does */
export const MIC_BUTTON = { on: 'Mute', muted: 'Unmute', off: 'Microphone', asking: 'Asking…' };

/** @param {number} bytes */
export function megabytes(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(bytes >= 1e8 ? 0 : 1)} MB`;
}

/** @param {number} ms */
export function seconds(ms) {
  return `${Math.max(1, Math.round(ms / 1000))} s`;
}
