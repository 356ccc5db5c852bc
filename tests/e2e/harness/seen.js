/**
 * What the model sees, told by hand: evaluated in the page.
 *
 *   sent(source, colour, width, height)    a frame of one colour was acknowledged; gives its JPEG in base64
 *   shown(source)                          the JPEG on the page in base64
 *   dead(url)                              whether a blob's URL is revoked
 */
async () => {
  const { Seen } = await import('/lib/seen.js');
  const seen = new Seen();
  const base64 = async (blob) => btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
  globalThis.told = {
    seen,
    async sent(source, colour, width, height) {
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const context = canvas.getContext('2d');
      context.fillStyle = colour;
      context.fillRect(0, 0, width, height);
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.8));
      seen.sent(source, { blob, width, height });
      return base64(blob);
    },
    url: (source) => document.querySelector(`#seen [data-source=${source}] img`).src,
    shown: async (source) => base64(await (await fetch(told.url(source))).blob()),
    dead: (url) => fetch(url).then(() => false, () => true),
  };
};
