/** Single pictures: dropped, pasted, picked, or a closer look at a source. Made into a JPEG here, and sent by POST. */

import { dimensionsOf, HEAD_BYTES, isMarkup } from './dimensions.js';
import { mayLeave, NO_EDITS } from './edits.js';
import { Easel, longestWithin } from './jpegs.js';
import { sizeOf } from './compose.js';

/** @typedef {import('./frames.js').Name} Name */
/** @typedef {import('./session.js').State} State */
/** @typedef {'too_large' | 'too_many_pixels' | 'svg' | 'not_a_picture' | 'damaged' | 'too_many' | 'unsent' | 'unreached' | 'hidden'} PictureReason */
/** @typedef {{blob: Blob, width: number, height: number}} Still */

/** A file larger than this is not read. */
const FILE_BYTES = 20_000_000;
/** A picture of more pixels is not decoded: the memory that this takes has closed many a tab. */
const DECODED_PIXELS = 64_000_000;
/** What a server takes that does not say. */
const STILL = { bytes: 4_000_000, pixels: 4_194_304 };
/** So many of the files that are given at once. */
const AT_ONCE = 4;
/** Longest side of the picture in the transcript, in pixels. */
const THUMBNAIL = 480;
const POST_MS = 60_000;

export class Pictures {
  #count = 0;
  #page = Date.now().toString(36);
  /** One after the other: the server takes one at a time. */
  #queue = Promise.resolve();
  /** @type {State | null} */
  #state = null;
  /** @type {Set<() => void>} */
  #waiting = new Set();
  /** Ends with the conversation, and with it all that was to be sent there. */
  #until = new AbortController();
  /** @type {Set<string>} of the pictures in the transcript */
  #urls = new Set();

  /**
   * @param {object} shell
   * @param {() => string | null} shell.conversation
   * @param {() => void} shell.begin a conversation, unless one is under way
   * @param {(event: import('./session.js').Event) => void} shell.dispatch
   * @param {() => import('./show.js').Show} shell.show
   */
  constructor(shell) {
    this.shell = shell;
  }

  /** @param {State} state */
  render(state) {
    const wanted = isWanted(this.#state);
    this.#state = state;
    this.#letGo(state.pictures);
    if (wanted && !isWanted(state)) {
      this.#until.abort();
      this.#until = new AbortController();
    }
    if (state.phase === 'starting') return;
    for (const go of this.#waiting) go();
    this.#waiting.clear();
  }

  /** The person gives pictures. @param {Iterable<File>} files */
  add(files) {
    const given = [...files];
    for (const file of given.slice(0, AT_ONCE)) this.#next((until) => this.#take(file, until));
    if (given.length > AT_ONCE) this.#next(async () => 'too_many');
  }

  /** The agent is to look closer at a source. @param {Name} name */
  closer(name) {
    this.#next((until) => this.#look(name, until));
  }

  /** @param {(until: AbortSignal) => Promise<PictureReason | null>} work */
  #next(work) {
    const until = this.#until.signal;
    this.#queue = this.#queue.then(async () => {
      if (until.aborted) return;
      const reason = await work(until).catch(() => /** @type {const} */ ('damaged')); // no memory, or a file that has gone meanwhile
      if (reason && !until.aborted) this.shell.dispatch({ type: 'no_picture', reason });
    });
  }

  /** What is no longer in the transcript is no longer kept. @param {import('./session.js').Picture[]} pictures */
  #letGo(pictures) {
    const shown = new Set(pictures.map(({ url }) => url));
    for (const url of this.#urls) if (!shown.has(url)) URL.revokeObjectURL(url);
    this.#urls = shown;
  }

  /** @param {File} file @param {AbortSignal} until */
  async #take(file, until) {
    const reason = await faultOf(file);
    if (reason || until.aborted) return reason;
    this.shell.begin();
    let bitmap;
    try {
      bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' }); // as the camera was held
    } catch {
      return 'damaged';
    }
    if (bitmap.width * bitmap.height > DECODED_PIXELS) return 'too_many_pixels'; // its header lied
    const canvas = onPaper(bitmap, longestWithin(bitmap, this.#bounds.pixels));
    bitmap.close();
    return this.#send(await this.#still(canvas, NO_EDITS), file.name || 'Picture', until);
  }

  /** @param {Name} name @param {AbortSignal} until @returns {Promise<PictureReason | null>} */
  async #look(name, until) {
    const show = this.shell.show();
    const edits = show.edits(name);
    if (!edits) return 'hidden';
    const source = show.source(name);
    // A photo shows more, or other, than the video: what the person cut or hid would not lie where they put it.
    const picture = edits === NO_EDITS ? await source.still() : source.video;
    const still = await this.#still(picture, edits);
    if (picture instanceof ImageBitmap) picture.close();
    if (!source.sees) return null; // stopped meanwhile
    if (!mayLeave(edits, show.edits(name))) return 'hidden';
    return this.#send(still, name === 'camera' ? 'A closer look at the camera' : 'A closer look at the screen', until);
  }

  get #bounds() {
    const limits = this.#state?.config?.limits;
    return { bytes: this.shell.show().stillBytes(limits?.still_bytes ?? STILL.bytes), pixels: limits?.still_pixels ?? STILL.pixels };
  }

  /** @param {import('./compose.js').Picture} picture @param {import('./edits.js').Edits} edits @returns {Promise<Still | null>} */
  async #still(picture, edits) {
    const { width, height } = sizeOf(picture);
    if (!width || !height) return null;
    const cut = edits.crop ? { width: width * edits.crop.width, height: height * edits.crop.height } : { width, height };
    const { bytes, pixels } = this.#bounds;
    const made = await new Easel().jpeg(picture, edits, { longest: longestWithin(cut, pixels), bytes });
    return made && { blob: made.jpeg, ...made.size };
  }

  /** @param {Still | null} still @param {string} name @param {AbortSignal} until @returns {Promise<PictureReason | null>} */
  async #send(still, name, until) {
    if (!still) return 'damaged';
    const id = `${this.#page}-${++this.#count}`;
    const small = await thumbnail(still.blob);
    if (until.aborted) return null;
    const url = URL.createObjectURL(small);
    const { width, height } = still;
    this.shell.dispatch({ type: 'picture', picture: { id, name, url, width, height, state: 'sending' } });
    const answer = await this.#post(still.blob, until);
    const sent = answer !== null && answer.sent === true;
    this.shell.dispatch({ type: 'picture_went', id, sent, ...(answer?.code && { problem: answer }) });
    if (sent) this.shell.show().saw(still);
    return sent || answer?.code ? null : answer ? 'unreached' : 'unsent';
  }

  /** @param {Blob} jpeg @param {AbortSignal} until @returns {Promise<any>} what the server answers, a problem or not; null: nothing */
  async #post(jpeg, until) {
    await this.#live();
    const conversation = this.shell.conversation();
    if (!conversation || until.aborted || this.#state?.phase !== 'live') return null;
    const way = new AbortController();
    const cut = () => way.abort();
    const timer = setTimeout(cut, POST_MS);
    until.addEventListener('abort', cut);
    try {
      const response = await fetch(`/api/conversations/${conversation}/picture`, {
        method: 'POST',
        headers: { 'content-type': 'image/jpeg', accept: 'application/json' },
        body: jpeg,
        signal: way.signal,
      });
      return await response.json();
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
      until.removeEventListener('abort', cut);
    }
  }

  /** Returns when the conversation is under way, or when there will be none. */
  #live() {
    if (this.#state?.phase !== 'starting') return Promise.resolve();
    return new Promise((/** @type {(value?: undefined) => void} */ resolve) => this.#waiting.add(resolve));
  }
}

/** Whether a conversation is under way, or comes. @param {State | null} state */
function isWanted(state) {
  return state?.phase === 'starting' || state?.phase === 'live';
}

/** What is wrong with a file, as far as its beginning tells. Nothing of it is decoded. @param {File} file @returns {Promise<PictureReason | null>} */
async function faultOf(file) {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  if (file.type.startsWith('image/svg') || isMarkup(head)) return 'svg';
  const header = dimensionsOf(head);
  if (!header) return file.type.startsWith('image/') && head.length > 0 ? 'damaged' : 'not_a_picture';
  if (header.width * header.height > DECODED_PIXELS) return 'too_many_pixels';
  return file.size > FILE_BYTES ? 'too_large' : null;
}

/** The picture on white, as on paper: what is transparent would be black in a JPEG. @param {ImageBitmap} bitmap @param {number} longest */
function onPaper(bitmap, longest) {
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { alpha: false }));
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** @param {Blob} jpeg */
async function thumbnail(jpeg) {
  const bitmap = await createImageBitmap(jpeg);
  const made = await new Easel().jpeg(bitmap, NO_EDITS, { longest: THUMBNAIL, bytes: 100_000 });
  bitmap.close();
  return made?.jpeg ?? jpeg;
}
