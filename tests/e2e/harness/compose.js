/**
 * Frames of random edits, drawn by the page's own `compose`: a function of [rounds, seed], evaluated in the page.
 *
 *   lit         pixels inside a black-out that are not black
 *   told        frames in which something differs when only what is hidden differs
 *   uncovered   black pixels more than a few pixels away from every black-out
 *   enlarged    frames larger than what was cut
 *   hidden      pixels inside a black-out: how much was looked at
 */
async ([rounds, seed]) => {
  const { compose } = await import('/lib/compose.js');
  const { between, holds, LEAST } = await import('/lib/edits.js');
  const next = () => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return (seed >>> 0) / 2 ** 32;
  };
  const SLACK = 4;
  const wider = ({ x, y, width, height }, by) => ({ x: x - by.x, y: y - by.y, width: width + 2 * by.x, height: height + 2 * by.y });
  const random = (least) => between({ x: next(), y: next() }, { x: next(), y: next() }, least);

  /** Bright noise, and under `rects` what `paint` gives. */
  function source(width, height, rects, paint) {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const noise = context.createImageData(width, height);
    let state = 1;
    for (let i = 0; i < noise.data.length; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      noise.data[i] = i % 4 === 3 ? 255 : 100 + ((state >> 16) % 156);
    }
    context.putImageData(noise, 0, 0);
    context.fillStyle = paint;
    for (const { x, y, width: w, height: h } of rects) {
      const [left, top] = [Math.floor(x * width), Math.floor(y * height)];
      context.fillRect(left, top, Math.ceil((x + w) * width) - left, Math.ceil((y + h) * height) - top);
    }
    return canvas;
  }

  const canvas = document.createElement('canvas');
  const draw = (picture, edits, longest) => {
    const { width, height } = compose(canvas, picture, edits, longest);
    return { width, height, pixels: canvas.getContext('2d').getImageData(0, 0, width, height).data };
  };

  const found = { lit: 0, told: 0, uncovered: 0, enlarged: 0, hidden: 0 };
  for (let round = 0; round < rounds; round++) {
    const [sw, sh] = [20 + Math.floor(next() * 700), 20 + Math.floor(next() * 700)];
    const crop = next() < 0.5 ? random(LEAST.crop) : null;
    const blackouts = Array.from({ length: 1 + Math.floor(next() * 3) }, () => random(LEAST.blackout));
    const longest = 20 + Math.floor(next() * 600);
    const edits = { crop, blackouts, pointer: null };
    const [red, white] = ['#f00', '#fff'].map((paint) => draw(source(sw, sh, blackouts, paint), edits, longest));
    const { width, height, pixels } = white;
    // Drawn twice, the same source differs by one level in a pixel here and there: the browser's filter does not always round alike.
    if (pixels.some((value, at) => Math.abs(value - red.pixels[at]) > 1)) found.told++;
    const cut = crop ?? { x: 0, y: 0, width: 1, height: 1 };
    if (width > cut.width * sw + 1 || height > cut.height * sh + 1) found.enlarged++;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = 4 * (y * width + x);
        const black = pixels[at] + pixels[at + 1] + pixels[at + 2] === 0;
        const middle = { x: cut.x + ((x + 0.5) / width) * cut.width, y: cut.y + ((y + 0.5) / height) * cut.height };
        const slack = { x: SLACK * Math.max(1 / sw, cut.width / width), y: SLACK * Math.max(1 / sh, cut.height / height) };
        const hidden = blackouts.some((rect) => holds(rect, middle));
        const near = hidden || blackouts.some((b) => holds(wider(b, slack), middle));
        if (hidden) found.hidden++;
        if (hidden && !black) found.lit++;
        if (black && !near) found.uncovered++;
      }
    }
  }
  return found;
};
