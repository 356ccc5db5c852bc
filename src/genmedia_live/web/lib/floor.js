/** Who has the floor, as far as the page decides it: when the person's voice may leave, and when it ends the agent's. */

/**
 * @typedef {object} Parts
 * @property {import('./capture.js').Microphone} microphone
 * @property {import('./playback.js').Player} player
 * @property {import('./conversation.js').Conversation} conversation
 * @property {(event: import('./session.js').Event) => void} dispatch
 */

export class Floor {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
  }

  /** The microphone or the player is there anew: they find each other without the page, for it may be busy. */
  connect() {
    const { microphone, player } = this.parts;
    if (!microphone.open || !player.open) return;
    const { port1, port2 } = new MessageChannel();
    microphone.attach(port1);
    player.attach(port2);
  }

  /**
   * How the person takes the floor.
   * @param {Partial<import('./session.js').Settings>} settings those in force, or those that will be
   * @param {boolean} duck whether they want the agent lowered first
   */
  follow({ manual_activity: byHand, interruptible = true }, duck) {
    const { microphone } = this.parts;
    // Without cancellation the microphone hears the agent itself, and its words would pass for the person's.
    const guard = duck && interruptible && microphone.cancelsEcho;
    microphone.setMode(byHand ? 'press' : guard ? 'guard' : 'open');
  }

  /** The agent is silent from now on. @returns {boolean} false: it was */
  silence() {
    const { player, conversation, dispatch } = this.parts;
    const turn = player.sounding;
    if (turn === null) return false;
    void player.flush(turn);
    conversation.say('interrupt', { turn });
    dispatch({ type: 'hushed' });
    return true;
  }
}
