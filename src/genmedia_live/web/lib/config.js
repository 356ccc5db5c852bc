/** What the server can do: asked once, and again while it is getting ready. */

const LOADING_MS = 1_000;
const UNAVAILABLE_MS = 5_000;
const FAILED_MS = 2_000;

/** @param {(config: import('./session.js').Config | null) => void} tell null: the server does not answer */
export async function watchConfig(tell) {
  for (;;) {
    const config = await readConfig();
    tell(config);
    if (config?.state === 'ready') return;
    const pause = !config ? FAILED_MS : config.state === 'loading' ? LOADING_MS : UNAVAILABLE_MS;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function readConfig() {
  try {
    const response = await fetch('/api/config', { headers: { accept: 'application/json' } });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
