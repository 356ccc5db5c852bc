/**
 * A source and its editor over the page, without camera or server: a function of {width, height}, evaluated in the page.
 *
 *   studio.frame()    what would leave now: {width, height, at(x, y)} in fractions, or null while nothing may
 *   studio.changes    how often a prompt frame was asked for
 *   studio.edits()    the edits in force, or null
 *   studio.turn()     the source is held upright from here on: half as wide as it is high
 *   studio.doubt()    another camera comes
 */
async ({ width, height }) => {
  const { Editor } = await import('/lib/editor.js');
  const { compose } = await import('/lib/compose.js');
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '/seen.css' });
  document.head.append(link);
  await new Promise((resolve) => link.addEventListener('load', resolve));

  const picture = Object.assign(document.createElement('canvas'), { width, height });
  const context = picture.getContext('2d');
  const draw = () => {
    context.fillStyle = '#8f8';
    context.fillRect(0, 0, width, height);
  };
  draw();
  const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true, playsInline: true, id: 'studio-video' });
  video.style.cssText = 'display: block; inline-size: 100%; block-size: 100%; object-fit: contain';
  video.srcObject = picture.captureStream();
  const host = document.createElement('div');
  host.style.cssText = 'block-size: 60vh; background: #444';
  host.append(video);
  const room = Object.assign(document.createElement('section'), { ariaLabel: 'Studio' });
  room.style.cssText = 'position: fixed; inset: 0; z-index: 5; background: var(--paper); padding: 1rem';
  room.append(host);
  document.querySelector('main').append(room);

  const editor = new Editor(() => studio.changes++);
  const output = document.createElement('canvas');
  globalThis.studio = {
    changes: 0,
    edits: () => editor.edits('camera'),
    end: () => editor.detach('camera'),
    doubt: () => editor.doubt('camera'),
    async turn() {
      [picture.width, picture.height] = [picture.height / 2, picture.height];
      while (video.videoWidth !== picture.width) {
        draw();
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    },
    frame() {
      const edits = editor.edits('camera');
      if (!edits) return null;
      const size = compose(output, video, edits, 1024);
      const { data } = output.getContext('2d').getImageData(0, 0, size.width, size.height);
      return {
        ...size,
        at(x, y) {
          const pixel = 4 * (Math.floor(y * size.height) * size.width + Math.floor(x * size.width));
          return [...data.slice(pixel, pixel + 3)];
        },
      };
    },
  };
  editor.attach('camera', video);
  while (!video.videoWidth) {
    draw();
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  await video.play();
};
