/**
 * Crop, black out and point, on the live preview of each source.
 *
 * Whoever sends frames asks, at the moment of drawing one:
 *
 *   const edits = editor.edits(source);                     // null: no frame may leave now; `editor.held(source)` says why
 *   compose(canvas, video, edits, longestSide);
 *   … encode …
 *   if (!mayLeave(edits, editor.edits(source))) throw it away, and draw the next one at once
 *
 * and is told by `changed(source)` that a frame should go soon; that may be many times a second while the person points.
 * `attach` comes before the first frame of a source; `detach` when it has ended, which forgets its edits. In between, `doubt` says that
 * another picture comes; one of another shape says so by itself. What is hidden may then lie beside what it hid, and nothing leaves
 * until the person has kept it or cleared it.
 */

import { between, contained, dragged, LEAST, MOST_BLACKOUTS, NO_EDITS, sourcePoint, withBlackout, withBlackoutAt, withCrop, withoutBlackout, withPointer } from './edits.js';
import { Surface } from './surface.js';
import { Toolbar } from './toolbar.js';

/** @typedef {'camera' | 'screen'} Source */
/** @typedef {import('./edits.js').Edits} Edits */
/** @typedef {import('./edits.js').Point} Point */
/** @typedef {import('./edits.js').Rect} Rect */
/** @typedef {import('./edits.js').Grip} Grip */
/** @typedef {'crop' | 'blackout' | 'pointer'} Tool */
/** @typedef {'crop' | number | null} Chosen the crop, a black-out by its index, or none */
/** @typedef {{target: Chosen, grip: Grip, from: Point, start: Rect | null, before: Edits}} Drag `target` null: a new rectangle */

/** The pointer goes this long after it last moved. */
const POINTER_MS = 5_000;

/** One press of an arrow key, as a fraction of the source. */
const STEP = 0.01;

/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: { x: -STEP, y: 0 }, ArrowRight: { x: STEP, y: 0 }, ArrowUp: { x: 0, y: -STEP }, ArrowDown: { x: 0, y: STEP } };

/** A picture whose width by height is off by no more has the shape that it had: scaled, it is rounded to whole pixels. */
const SAME_SHAPE = 0.01;

const MIDDLE = { x: 0.5, y: 0.5 };

export class Editor {
  /** @type {Map<Source, Editing>} */
  #sources = new Map();
  #changed;

  /** @param {(source: Source) => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  /** Put the tools around a source's preview, where they are not yet. @param {Source} source @param {HTMLVideoElement} video shown whole and not mirrored, alone in its parent */
  attach(source, video) {
    if (!this.#sources.has(source)) this.#sources.set(source, new Editing(source, video, () => this.#changed(source)));
  }

  /** @param {Source} source */
  detach(source) {
    this.#sources.get(source)?.end();
    this.#sources.delete(source);
  }

  /** The source shows something else from here on, another camera. @param {Source} source */
  doubt(source) {
    this.#sources.get(source)?.doubt();
  }

  /** Why nothing of a source may leave now. @param {Source} source */
  held(source) {
    return this.#sources.get(source)?.held ?? null;
  }

  /** @param {'camera' | 'screen' | 'picture'} source @returns {Edits | null} null: nothing of this source may leave now */
  edits(source) {
    const editing = source === 'picture' ? undefined : this.#sources.get(source);
    return editing ? editing.inForce : NO_EDITS;
  }
}

/** The edits of one source, and what the person does to them. */
class Editing {
  /** @type {Edits} */
  #edits = NO_EDITS;
  /** @type {Tool | null} */
  #tool = null;
  /** @type {Chosen} */
  #chosen = null;
  /** @type {Drag | null} */
  #drag = null;
  #pointing = 0;
  /** Whether a crop or a black-out is in force. */
  #hides = false;
  /** Width by height of the picture on which they were placed. */
  #shape = 0;
  /** Whether they were placed on another picture. */
  #doubted = false;

  /** @param {Source} source @param {HTMLVideoElement} video @param {() => void} changed */
  constructor(source, video, changed) {
    this.changed = changed;
    this.video = video;
    this.host = /** @type {HTMLElement} */ (video.parentElement);
    this.surface = new Surface(this.host, source, {
      down: (point, target, grip) => this.#down(point, target, grip),
      move: (point) => this.#move(point),
      up: () => this.#up(),
      key: (event, target) => this.#key(event, target),
      escape: () => this.#escape(),
      choose: (target) => this.#choose(target),
    });
    this.toolbar = new Toolbar(this.host, source, {
      tool: (tool, byKeyboard) => this.#use(tool, byKeyboard),
      remove: () => this.#remove(this.#chosen),
      clear: () => this.#clear(),
      keep: () => this.#keep(),
      escape: () => this.#escape(),
    });
    this.sizes = new ResizeObserver(() => this.#fit());
    this.sizes.observe(this.host);
    video.addEventListener('resize', this.#fit);
    this.#fit();
  }

  /** Those that the next frame has to have; null while none may leave. */
  get inForce() {
    return this.held ? null : this.#edits;
  }

  /** Why none may leave: a rectangle is being drawn, or what is hidden was hidden in another picture. @returns {'drawing' | 'moved' | null} */
  get held() {
    if (this.#drag) return 'drawing';
    return this.#isDoubtful ? 'moved' : null;
  }

  doubt() {
    this.#doubted = this.#hides;
    this.#render();
  }

  get #isDoubtful() {
    return this.#hides && (this.#doubted || Math.abs(this.#shapeNow / this.#shape - 1) > SAME_SHAPE);
  }

  get #shapeNow() {
    return this.video.videoHeight ? this.video.videoWidth / this.video.videoHeight : this.#shape;
  }

  /** What is hidden lies right in this picture, too. */
  #keep() {
    this.#doubted = false;
    this.#shape = this.#shapeNow;
    this.#render();
    this.toolbar.focus();
    this.changed();
  }

  end() {
    clearTimeout(this.#pointing);
    this.sizes.disconnect();
    this.video.removeEventListener('resize', this.#fit);
    this.surface.remove();
    this.toolbar.remove();
  }

  #fit = () => {
    const { videoWidth: width, videoHeight: height } = this.video;
    const box = { width: this.host.clientWidth, height: this.host.clientHeight };
    this.surface.fit(width && height ? contained(box, { width, height }) : null);
    this.#render();
  };

  #render() {
    this.surface.render(this.#edits, this.#tool, this.#chosen, this.#drag !== null);
    const full = this.#edits.blackouts.length >= MOST_BLACKOUTS;
    this.toolbar.render(this.#tool, { chosen: this.#chosen !== null, any: this.#edits !== NO_EDITS, full, doubtful: this.#isDoubtful });
  }

  /** The new edits are in force from here on. @param {Edits} edits */
  #put(edits) {
    const { crop, blackouts, pointer } = edits;
    if (!this.#isDoubtful) this.#shape = this.#shapeNow;
    this.#hides = crop !== null || blackouts.length > 0;
    this.#doubted &&= this.#hides;
    this.#edits = this.#hides || pointer ? edits : NO_EDITS;
    this.#render();
    this.changed();
  }

  // ---- tools

  /** @param {Tool} tool @param {boolean} byKeyboard then there is no pointer to draw with, and a rectangle is put in the middle */
  #use(tool, byKeyboard) {
    if (byKeyboard && tool !== 'pointer') {
      this.#place(tool);
      return;
    }
    this.#tool = this.#tool === tool ? null : tool;
    if (this.#tool) this.#chosen = null;
    this.#render();
    this.#fit(); // the preview is larger while a tool is in the hand
    if (byKeyboard && this.#tool === 'pointer') {
      this.#point(this.#edits.pointer ?? MIDDLE);
      this.surface.focus();
    }
  }

  /** @param {'crop' | 'blackout'} tool */
  #place(tool) {
    const side = tool === 'crop' ? 0.5 : 0.2;
    const corner = (1 - side) / 2;
    this.#add(tool, { x: corner, y: corner, width: side, height: side });
    this.#tool = null;
    this.#render();
    this.surface.focus(this.#chosen);
  }

  /** @param {'crop' | 'blackout'} tool @param {Rect} rect */
  #add(tool, rect) {
    const edits = tool === 'crop' ? withCrop(this.#edits, rect) : withBlackout(this.#edits, rect);
    if (edits === this.#edits) return;
    this.#chosen = tool === 'crop' ? 'crop' : edits.blackouts.length - 1;
    this.#put(edits);
    this.toolbar.say(tool === 'crop' ? 'Cropped.' : 'Blacked out.');
  }

  /** @param {Chosen} target */
  #choose(target) {
    this.#chosen = target;
    this.#render();
  }

  /** @param {Chosen} target */
  #remove(target) {
    if (target === null || this.#drag) return;
    this.#chosen = null;
    this.#put(target === 'crop' ? withCrop(this.#edits, null) : withoutBlackout(this.#edits, target));
    this.toolbar.say('Removed.');
    this.toolbar.focus();
  }

  #clear() {
    this.#drag = null;
    this.#chosen = null;
    this.#put(NO_EDITS);
    this.toolbar.say('All edits removed.');
    this.toolbar.focus();
  }

  /** @param {Point} at */
  #point(at) {
    clearTimeout(this.#pointing);
    this.#pointing = window.setTimeout(() => this.#put(withPointer(this.#edits, null)), POINTER_MS);
    this.#put(withPointer(this.#edits, at));
  }

  // ---- rectangles

  /** @param {Chosen} target */
  #rect(target) {
    return target === 'crop' ? this.#edits.crop : target === null ? null : (this.#edits.blackouts[target] ?? null);
  }

  /** @param {Chosen} target @param {Rect} rect @returns {Edits} */
  #with(target, rect) {
    return target === 'crop' ? withCrop(this.#edits, rect) : withBlackoutAt(this.#edits, Number(target), rect);
  }

  /** @param {{x: number, y: number}} at in the surface's pixels @param {Chosen} target @param {Grip} grip @returns {boolean} whether the gesture is of use here */
  #down(at, target, grip) {
    const from = this.#at(at);
    if (this.#tool === 'pointer') {
      this.#point(from);
      return true;
    }
    if (target === null && (this.#tool === null || this.#isFull())) {
      this.#choose(null);
      return false;
    }
    clearTimeout(this.#pointing);
    this.#edits = withPointer(this.#edits, null);
    this.#chosen = target;
    this.#drag = { target, grip, from, start: this.#rect(target), before: this.#edits };
    this.#render();
    return true;
  }

  #isFull() {
    return this.#tool === 'blackout' && this.#edits.blackouts.length >= MOST_BLACKOUTS;
  }

  /** @param {Point} at in the surface's pixels */
  #move(at) {
    const to = this.#at(at);
    if (this.#tool === 'pointer') this.#point(to);
    const drag = this.#drag;
    if (!drag) return;
    if (drag.start) {
      const by = { x: to.x - drag.from.x, y: to.y - drag.from.y };
      this.#edits = this.#with(drag.target, dragged(drag.start, drag.grip, by, this.#least(drag.target)));
    } else {
      this.#draw(drag, to);
    }
    this.#render();
  }

  /** @param {Drag} drag @param {Point} to */
  #draw({ from, before }, to) {
    const least = this.#tool === 'crop' ? LEAST.crop : LEAST.blackout;
    if (Math.abs(to.x - from.x) < LEAST.blackout && Math.abs(to.y - from.y) < LEAST.blackout) {
      this.#edits = before; // a click is no rectangle
      return;
    }
    const rect = between(from, to, least);
    this.#edits = this.#tool === 'crop' ? withCrop(before, rect) : withBlackout(before, rect);
  }

  #up() {
    const drag = this.#drag;
    if (!drag) return;
    this.#drag = null;
    const drawn = this.#edits !== drag.before;
    if (drawn && drag.target === null) this.#chosen = this.#tool === 'crop' ? 'crop' : this.#edits.blackouts.length - 1;
    this.#put(this.#edits);
    if (this.#chosen !== null) this.surface.focus(this.#chosen); // for the keys; not every browser focuses what is pressed
    if (drawn) this.toolbar.say(this.#chosen === 'crop' ? 'Cropped.' : 'Blacked out.');
  }

  /** @param {Chosen} target */
  #least(target) {
    return target === 'crop' ? LEAST.crop : LEAST.blackout;
  }

  /** @param {Point} at */
  #at(at) {
    return sourcePoint(at, { x: 0, y: 0, ...this.surface.size });
  }

  // ---- keys

  /** @param {KeyboardEvent} event @param {Chosen} target @returns {boolean} whether the key was of use here */
  #key(event, target) {
    if (event.key === 'Delete' || event.key === 'Backspace') {
      this.#remove(target);
      return target !== null;
    }
    const by = ARROWS[event.key];
    if (!by || this.#drag) return false;
    const rect = this.#rect(target);
    if (rect) this.#put(this.#with(target, dragged(rect, event.shiftKey ? 'se' : 'all', by, this.#least(target))));
    else if (this.#tool === 'pointer') this.#nudge(by);
    return true;
  }

  /** @param {Point} by */
  #nudge(by) {
    const { x, y } = this.#edits.pointer ?? MIDDLE;
    this.#point(sourcePoint({ x: x + by.x, y: y + by.y }, { x: 0, y: 0, width: 1, height: 1 }));
  }

  /** What is being drawn goes, or else the tool. */
  #escape() {
    if (this.#drag) {
      this.#edits = this.#drag.before;
      this.#drag = null;
      this.#put(this.#edits);
      return true;
    }
    if (!this.#tool) return false;
    this.#tool = null;
    this.#render();
    return true;
  }
}
