/** How long ago something was, in few words. Pure. */

/** @param {number} ms @returns {string} */
export function ago(ms) {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 1) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ago` : `${Math.floor(minutes / 60)} h ago`;
}

/** @param {number} bytes @returns {string} thousands, as disks and networks count */
export const kilobytes = (bytes) => `${bytes < 9_950 ? (bytes / 1_000).toFixed(1) : Math.round(bytes / 1_000)}\u00a0kB`;
