/** The buttons for the camera, the screen and a picture, the previews, and all the ways in which a picture gets onto the page. */

import { byId } from './dom.js';

/** @typedef {import('./frames.js').Name} Name */

/**
 * @typedef {object} Verbs
 * @property {(source: Name) => void} toggle
 * @property {() => void} flip
 * @property {(source: Name) => void} closer
 * @property {(files: Iterable<File>) => void} pictures
 */

const NAMES = /** @type {const} */ (['camera', 'screen']);

export class Showing {
  #region = byId('showing', HTMLElement);

  /** @param {Verbs} verbs */
  constructor(verbs) {
    for (const name of NAMES) {
      byId(name, HTMLButtonElement).addEventListener('click', () => verbs.toggle(name));
      byId(`${name}-closer`, HTMLButtonElement).addEventListener('click', () => verbs.closer(name));
    }
    byId('camera-flip', HTMLButtonElement).addEventListener('click', verbs.flip);
    const file = byId('picture-file', HTMLInputElement);
    byId('picture', HTMLButtonElement).addEventListener('click', () => file.click());
    file.addEventListener('change', () => {
      verbs.pictures([...(file.files ?? [])]);
      file.value = ''; // the same file may be wanted again
    });
    this.#drop(verbs.pictures);
    document.addEventListener('paste', (event) => {
      const { files, types } = event.clipboardData ?? new DataTransfer();
      // A spreadsheet's cells come as text and as a picture: into a box to type in goes the text.
      if (files.length === 0 || (isTyping(event.target) && types.includes('text/plain'))) return;
      event.preventDefault();
      verbs.pictures([...files]);
    });
  }

  /** The preview of a source. @param {Name} name */
  video(name) {
    return byId(`${name}-view`, HTMLVideoElement);
  }

  /** @param {(files: Iterable<File>) => void} give */
  #drop(give) {
    const { dataset } = document.body;
    document.addEventListener('dragover', (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault(); // or else the browser opens the file in place of the page
      event.dataTransfer.dropEffect = 'copy';
      dataset.dropping = '';
    });
    document.addEventListener('dragleave', (event) => {
      if (!event.relatedTarget) delete dataset.dropping; // it has left the page
    });
    document.addEventListener('drop', (event) => {
      delete dataset.dropping;
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      give([...event.dataTransfer.files]);
    });
  }

  /** @param {boolean} there whether there is a camera to turn to */
  offerFlip(there) {
    byId('camera-flip', HTMLButtonElement).hidden = !there;
  }

  /** @param {import('./session.js').State} state */
  render({ sources, phase }) {
    for (const name of NAMES) {
      const on = sources[name] === 'on';
      const button = byId(name, HTMLButtonElement);
      button.ariaPressed = String(on);
      button.ariaDisabled = String(sources[name] === 'asking'); // not `disabled`: it keeps the focus
      document.body.dataset[name] = sources[name];
      const figure = byId(`${name}-shown`, HTMLElement);
      if (figure.contains(document.activeElement) && !on) button.focus(); // focus must not fall off what goes
      figure.hidden = !on;
      byId(`${name}-closer`, HTMLButtonElement).disabled = phase !== 'live';
    }
    this.#region.hidden = NAMES.every((name) => sources[name] !== 'on');
  }
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && target.matches('input, textarea, [contenteditable]');
}
