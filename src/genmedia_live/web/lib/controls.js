/** Buttons, keys and the box to type in: each becomes one of the page's few verbs. */

import { byId } from './dom.js';

/**
 * @typedef {object} Verbs
 * @property {() => void} start
 * @property {() => void} stop
 * @property {() => void} microphone mute, unmute or open it
 * @property {() => void} silence
 * @property {() => void} camera turn it on or off
 * @property {() => void} screen share it, or no longer
 * @property {(text: string) => void} type
 */

/** A box to type in does not grow beyond this, in px. */
const TALLEST = 160;

/** @param {Verbs} verbs */
export function bindControls(verbs) {
  byId('start', HTMLButtonElement).addEventListener('click', verbs.start);
  byId('stop', HTMLButtonElement).addEventListener('click', verbs.stop);
  byId('mute', HTMLButtonElement).addEventListener('click', verbs.microphone);
  byId('silence', HTMLButtonElement).addEventListener('click', verbs.silence);
  bindComposer(verbs.type);
  bindKeys(verbs);
}

/** @param {(text: string) => void} type */
function bindComposer(type) {
  const form = byId('composer', HTMLFormElement);
  const message = byId('message', HTMLTextAreaElement);
  const send = byId('send', HTMLButtonElement);
  const fit = () => {
    message.style.height = 'auto';
    message.style.height = `${Math.min(TALLEST, message.scrollHeight)}px`;
    send.disabled = message.value.trim() === '';
  };
  message.addEventListener('input', fit);
  message.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = message.value.trim();
    if (!text) return;
    type(text);
    message.value = '';
    fit();
  });
  fit();
}

/** @param {Verbs} verbs */
function bindKeys(verbs) {
  const dialog = byId('shortcuts', HTMLDialogElement);
  const help = () => dialog.showModal();
  byId('help', HTMLButtonElement).addEventListener('click', help);
  /** @type {Record<string, () => void>} */
  const keys = {
    m: verbs.microphone,
    c: verbs.camera,
    s: verbs.screen,
    '/': () => byId('message', HTMLTextAreaElement).focus(),
    '?': help,
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector('dialog:modal')) return;
    if (event.key === 'Escape') {
      verbs.silence();
      return;
    }
    const action = keys[event.key.toLowerCase()];
    if (!action || isTyping(event.target)) return;
    event.preventDefault();
    action();
  });
}

/** @param {EventTarget | null} target */
export function isTyping(target) {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}
