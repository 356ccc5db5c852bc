/** Push-to-talk: a button, or Space, that is held while one speaks. A short tap holds it until the next one. */

import { isTyping } from './controls.js';
import { byId, setText } from './dom.js';

/** Whoever lets go sooner has tapped, in ms. */
const TAP_MS = 300;

/** A button that can be held, and tapped to stay held. Pure: `now` is in ms on any clock. */
export class HoldButton {
  /** @type {'up' | 'down' | 'locked' | 'unlocking'} */
  #state = 'up';
  #since = 0;

  get held() {
    return this.#state === 'down' || this.#state === 'locked';
  }

  get locked() {
    return this.#state === 'locked';
  }

  /** @param {number} now */
  down(now) {
    if (this.#state === 'locked') this.#state = 'unlocking';
    else if (this.#state === 'up') {
      this.#state = 'down';
      this.#since = now;
    }
  }

  /** @param {number} now */
  up(now) {
    if (this.#state === 'down' && now - this.#since < TAP_MS) this.#state = 'locked';
    else if (this.#state !== 'locked') this.#state = 'up';
  }

  /** Whatever held it is gone. */
  cancel() {
    this.#state = 'up';
  }
}

/**
 * @typedef {object} Verbs
 * @property {() => void} silence the agent is to be silent, if it sounds
 * @property {(state: 'start' | 'end') => void} activity
 * @property {(on: boolean) => void} press the microphone may give its voice, or gives the last of it
 */

export class PushToTalk {
  #button = byId('hold', HTMLButtonElement);
  #hold = new HoldButton();
  #ready = false;
  /** Whether Space is down, and meant talking when it went down. */
  #spaced = false;
  /** Whether the microphone has been told so. */
  #pressed = false;

  /** @param {Verbs} verbs */
  constructor(verbs) {
    this.verbs = verbs;
    this.#bindPointer();
    this.#bindKeys();
    window.addEventListener('blur', () => this.cancel());
    document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && this.cancel());
    window.addEventListener('pagehide', () => {
      this.cancel();
      this.verbs.activity('end'); // there is no time for the last word
    });
  }

  /**
   * @param {import('./session.js').State} state
   * @param {boolean} active a conversation is wanted
   * @param {boolean} running the server takes what is said
   */
  render({ settings, mic }, active, running) {
    const had = document.activeElement;
    const shown = active && Boolean(settings?.manual_activity);
    const appears = shown && this.#button.hidden;
    this.#button.hidden = !shown;
    this.#ready = shown && mic === 'on' && running;
    this.#button.ariaDisabled = String(!this.#ready); // not `disabled`: it would lose the focus
    // Space is to talk from the beginning, not to press the button that the person came from.
    if (appears && (had === document.body || had?.id === 'mute')) this.#button.focus();
    if (this.#ready) this.#show();
    else this.cancel();
    if (mic !== 'on') this.verbs.activity('end'); // the microphone that would say when is gone, or muted
  }

  /** Let go, whoever holds it. */
  cancel() {
    this.#hold.cancel();
    this.#follow();
  }

  /** All that was said while it was held has left the microphone. */
  released() {
    this.verbs.activity('end');
    if (this.#pressed) this.verbs.activity('start'); // it was pressed again before the page knew
  }

  #bindPointer() {
    const button = this.#button;
    button.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      button.setPointerCapture(event.pointerId);
      this.#down(event.timeStamp);
    });
    button.addEventListener('pointerup', (event) => this.#up(event.timeStamp));
    button.addEventListener('pointercancel', () => this.cancel());
    button.addEventListener('contextmenu', (event) => event.preventDefault()); // a long touch asks for one
    button.addEventListener('click', ({ detail, timeStamp }) => {
      if (detail !== 0) return; // a pointer's, which has been seen
      this.#down(timeStamp); // Enter, or a screen reader: a tap
      this.#up(timeStamp);
    });
  }

  #bindKeys() {
    document.addEventListener('keydown', (event) => {
      if (!this.#meant(event)) return;
      event.preventDefault();
      if (event.repeat) return;
      this.#spaced = true;
      this.#down(event.timeStamp);
    });
    document.addEventListener('keyup', (event) => {
      if (event.key !== ' ' || !this.#spaced) return; // wherever the focus is by now: it is let go
      this.#spaced = false;
      event.preventDefault(); // or it would press the button that has the focus
      this.#up(event.timeStamp);
    });
  }

  /** Space belongs to talking, unless it is typed or presses what the keyboard has come to. @param {KeyboardEvent} event */
  #meant(event) {
    if (event.key !== ' ' || event.ctrlKey || event.metaKey || event.altKey || this.#button.hidden) return false;
    const { target } = event;
    if (isTyping(target) || document.querySelector('dialog:modal')) return false;
    return target === this.#button || !(target instanceof HTMLElement && target.matches('button:focus-visible, a:focus-visible, summary:focus-visible'));
  }

  /** @param {number} now */
  #down(now) {
    if (!this.#ready) return;
    this.#hold.down(now);
    this.#follow();
  }

  /** @param {number} now */
  #up(now) {
    this.#hold.up(now);
    this.#follow();
  }

  #follow() {
    const { held } = this.#hold;
    if (held !== this.#pressed) {
      this.#pressed = held;
      if (held) {
        this.verbs.silence();
        this.verbs.activity('start');
      }
      this.verbs.press(held);
    }
    this.#show();
  }

  #show() {
    const { held, locked } = this.#hold;
    this.#button.ariaPressed = String(held);
    document.body.dataset.talk = held ? 'held' : 'idle';
    setText(byId('hold-label', HTMLElement), locked ? 'Tap to end' : held ? 'Let go to end' : 'Hold to talk');
  }
}
