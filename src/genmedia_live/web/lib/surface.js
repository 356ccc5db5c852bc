/** What lies over a preview: the rectangles that can be taken hold of, and the gestures. It knows pixels, and nothing of frames. */

import { make } from './dom.js';

/** @typedef {import('./edits.js').Edits} Edits */
/** @typedef {import('./edits.js').Point} Point */
/** @typedef {import('./edits.js').Rect} Rect */
/** @typedef {import('./edits.js').Grip} Grip */
/** @typedef {import('./editor.js').Chosen} Chosen */
/** @typedef {import('./editor.js').Tool} Tool */

/**
 * @typedef {object} Gestures points are in the surface's pixels
 * @property {(point: Point, target: Chosen, grip: Grip) => boolean} down whether it is followed
 * @property {(point: Point) => void} move
 * @property {() => void} up
 * @property {(event: KeyboardEvent, target: Chosen) => boolean} key whether it was of use
 * @property {() => boolean} escape whether there was something to leave
 * @property {(target: Chosen) => void} choose
 */

/** @type {Grip[]} */
const GRIPS = ['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w'];

const KEYS = 'Arrow keys move it, with Shift they size it, Delete removes it.';

export class Surface {
  #root = make('div', 'edit-surface');
  #crop;
  /** @type {HTMLButtonElement[]} */
  #blackouts = [];
  #ring = make('span', 'edit-ring');
  /** @type {number | null} the finger or mouse that is followed */
  #follows = null;

  /** @param {HTMLElement} host @param {'camera' | 'screen'} source @param {Gestures} gestures */
  constructor(host, source, gestures) {
    this.source = source;
    this.gestures = gestures;
    this.#root.dataset.source = source;
    this.#root.ariaLabel = `Edits of the ${source}`;
    this.#root.role = 'group';
    this.#crop = this.#rectangle('crop');
    this.#ring.ariaHidden = 'true';
    this.#root.append(this.#crop, this.#ring);
    this.#root.addEventListener('pointerdown', (event) => this.#down(event));
    this.#root.addEventListener('pointermove', (event) => this.#move(event));
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) {
      this.#root.addEventListener(end, (event) => this.#up(/** @type {PointerEvent} */ (event)));
    }
    this.#root.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const used = event.key === 'Escape' ? gestures.escape() : gestures.key(event, targetOf(event.target));
      if (!used) return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.#root.addEventListener('focusin', ({ target }) => targetOf(target) !== null && gestures.choose(targetOf(target)));
    host.classList.add('edited');
    host.append(this.#root);
  }

  /** Its own size, in CSS pixels. */
  get size() {
    return { width: this.#root.clientWidth || 1, height: this.#root.clientHeight || 1 };
  }

  /** Lie over where the picture is. @param {Rect | null} rect in the host's pixels; null: there is no picture yet */
  fit(rect) {
    this.#root.hidden = rect === null;
    if (!rect) return;
    const { style } = this.#root;
    [style.left, style.top, style.width, style.height] = [rect.x, rect.y, rect.width, rect.height].map((px) => `${px}px`);
  }

  /** @param {Edits} edits @param {Tool | null} tool @param {Chosen} chosen @param {boolean} drawing */
  render({ crop, blackouts, pointer }, tool, chosen, drawing) {
    this.#root.dataset.tool = tool ?? '';
    this.#root.toggleAttribute('data-drawing', drawing);
    this.#root.tabIndex = tool === 'pointer' ? 0 : -1;
    this.#crop.hidden = crop === null;
    if (crop) lay(this.#crop, crop);
    this.#crop.ariaPressed = String(chosen === 'crop');
    while (this.#blackouts.length > blackouts.length) this.#blackouts.pop()?.remove();
    blackouts.forEach((rect, index) => {
      const element = (this.#blackouts[index] ??= this.#blackout(index));
      element.ariaLabel = `Black-out ${index + 1} of ${blackouts.length} on the ${this.source}`;
      element.ariaPressed = String(chosen === index);
      lay(element, rect);
    });
    this.#ring.hidden = pointer === null;
    if (pointer) lay(this.#ring, { ...pointer, width: 0, height: 0 });
  }

  /** @param {Chosen} [target] a rectangle, or the surface itself */
  focus(target = null) {
    const element = target === 'crop' ? this.#crop : target === null ? this.#root : this.#blackouts[target];
    element?.focus({ preventScroll: true });
  }

  remove() {
    document.removeEventListener('keydown', this.#escape, { capture: true });
    this.#root.parentElement?.classList.remove('edited');
    this.#root.remove();
  }

  // ---- gestures

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0 || this.#follows !== null) return;
    const grip = event.target instanceof HTMLElement ? event.target.dataset.grip : undefined;
    if (!this.gestures.down(this.#at(event), targetOf(event.target), /** @type {Grip} */ (grip ?? 'all'))) return;
    this.#follows = event.pointerId;
    this.#root.setPointerCapture(event.pointerId);
    document.addEventListener('keydown', this.#escape, { capture: true });
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (this.#follows === event.pointerId || (this.#follows === null && event.pointerType === 'mouse')) this.gestures.move(this.#at(event));
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (this.#follows !== event.pointerId) return;
    this.#follows = null;
    document.removeEventListener('keydown', this.#escape, { capture: true });
    this.gestures.up();
  }

  /** While a rectangle is drawn the focus is elsewhere, on the button of the tool as a rule. */
  #escape = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    this.gestures.escape();
  };

  /** @param {PointerEvent} event @returns {Point} */
  #at({ clientX, clientY }) {
    const { left, top } = this.#root.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  // ---- rectangles

  /** @param {number} index */
  #blackout(index) {
    const element = this.#rectangle(String(index));
    this.#ring.before(element);
    return element;
  }

  /** @param {string} target */
  #rectangle(target) {
    const element = make('button', target === 'crop' ? 'edit-rect edit-crop' : 'edit-rect edit-blackout');
    element.type = 'button';
    element.dataset.rect = target;
    element.title = KEYS;
    element.setAttribute('aria-keyshortcuts', 'ArrowUp ArrowDown ArrowLeft ArrowRight Delete');
    if (target === 'crop') element.ariaLabel = `Crop of the ${this.source}`;
    for (const grip of GRIPS) {
      const handle = make('span', 'edit-grip');
      handle.dataset.grip = grip;
      element.append(handle);
    }
    return element;
  }
}

/** @param {EventTarget | null} element @returns {Chosen} */
function targetOf(element) {
  const rect = element instanceof HTMLElement ? element.closest('[data-rect]') : null;
  if (!(rect instanceof HTMLElement)) return null;
  return rect.dataset.rect === 'crop' ? 'crop' : Number(rect.dataset.rect);
}

/** In percent, so that it stays in its place whatever the size of the preview. @param {HTMLElement} element @param {Rect} rect */
function lay({ style }, { x, y, width, height }) {
  [style.left, style.top, style.width, style.height] = [x, y, width, height].map((share) => `${share * 100}%`);
}
