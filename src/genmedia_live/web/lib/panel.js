/** Where the settings are: a column beside the conversation where there is room, else a sheet or a drawer over it. */

import { byId } from './dom.js';

/** From here on there is room for a third column; app.css says the same. */
const ROOM = window.matchMedia('(min-width: 80rem)');

export class Panel {
  #dialog = byId('settings', HTMLDialogElement);
  #button = byId('settings-toggle', HTMLButtonElement);

  /** @param {import('./memory.js').Memory} memory */
  constructor(memory) {
    this.memory = memory;
    this.#button.addEventListener('click', () => this.#set(!this.#dialog.open, true));
    byId('settings-close', HTMLButtonElement).addEventListener('click', () => this.#set(false, true));
    this.#dialog.addEventListener('close', () => this.#mark());
    this.#dialog.addEventListener('click', (event) => {
      if (event.target === this.#dialog && this.#dialog.matches(':modal')) this.#set(false); // beside the sheet
    });
    this.#dialog.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#dialog.matches(':modal')) event.stopPropagation(); // it closes the sheet, and does no more
    });
    ROOM.addEventListener('change', () => this.#place());
    this.#place();
  }

  /** The window is wide now, or narrow: as a column it opens by itself, as a sheet never. */
  #place() {
    this.#set(false);
    if (ROOM.matches && this.memory.panel) this.#set(true);
  }

  /** @param {boolean} open @param {boolean} [byHand] the person did it, and wants it so next time */
  #set(open, byHand = false) {
    if (byHand && ROOM.matches) this.memory.panel = open;
    const hadFocus = this.#dialog.contains(document.activeElement);
    if (!open) this.#dialog.close();
    else if (ROOM.matches) this.#dialog.open = true; // `show()` would take the focus
    else this.#dialog.showModal();
    this.#mark();
    if (!open && hadFocus) this.#button.focus();
  }

  #mark() {
    this.#button.ariaExpanded = String(this.#dialog.open);
  }
}
