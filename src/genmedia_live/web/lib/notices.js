/** Calm words about what went wrong, each with the button that mends it and its code in small print. */

import { make } from './dom.js';
import { REMEDY_WORDS } from './words.js';

/** @typedef {import('./session.js').Notice} Notice */

/**
 * @param {HTMLElement} region
 * @param {Notice[]} notices
 * @param {{mend: (remedy: import('./session.js').Remedy) => void, dismiss: (code: string) => void}} actions
 */
export function renderNotices(region, notices, { mend, dismiss }) {
  const shown = [...region.children].map((child) => child instanceof HTMLElement && child.dataset.key);
  const wanted = notices.map(({ code, message }) => `${code} ${message}`);
  if (shown.join('\n') === wanted.join('\n')) return;
  region.replaceChildren(...notices.map((notice, at) => {
    const { code, message, remedy } = notice;
    const card = make('div', 'notice');
    card.dataset.code = code;
    card.dataset.key = wanted[at];
    const words = make('p', 'notice-text', message);
    words.append(' ', make('code', 'notice-code', code));
    card.append(words);
    if (remedy) card.append(button('notice-remedy', REMEDY_WORDS[remedy], () => mend(remedy)));
    const close = button('notice-close', '×', () => dismiss(code));
    close.setAttribute('aria-label', 'Dismiss');
    card.append(close);
    return card;
  }));
}

/** @param {string} className @param {string} label @param {() => void} action */
function button(className, label, action) {
  const element = make('button', className, label);
  element.type = 'button';
  element.addEventListener('click', action);
  return element;
}
