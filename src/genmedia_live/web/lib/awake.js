/** Keeps the screen on while people talk: a phone that locks itself would end the conversation. */

/** @type {WakeLockSentinel | null} */
let lock = null;
let wanted = false;

/** @param {boolean} on */
export async function keepAwake(on) {
  wanted = on;
  if (!on) {
    await lock?.release();
    lock = null;
  } else if (!lock && 'wakeLock' in navigator && document.visibilityState === 'visible') {
    try {
      lock = await navigator.wakeLock.request('screen');
      lock.addEventListener('release', () => (lock = null)); // the browser takes it when the page is hidden
      if (!wanted) await keepAwake(false);
    } catch {
      // Low battery, or not allowed: a comfort that is missing, not a fault.
    }
  }
}

document.addEventListener('visibilitychange', () => wanted && void keepAwake(true));
