/** The camera and the screen: ask for them, show them in their preview, notice when they go. */

/** @typedef {import('./frames.js').Name} Name */
/** @typedef {'insecure' | 'unsupported' | 'denied' | 'cancelled' | 'none' | 'busy' | 'unplugged' | 'ended' | 'failed'} SourceReason */

/** The names that getUserMedia gives (W3C Media Capture, 10.2). @type {Record<string, SourceReason>} */
const CAMERA_REASONS = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'none',
  OverconstrainedError: 'none',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

/** The names that getDisplayMedia gives (W3C Screen Capture, 5.1). @type {Record<string, SourceReason>} */
const SCREEN_REASONS = {
  NotAllowedError: 'cancelled',
  NotFoundError: 'none',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

/** `ideal`, so that no device is refused for what it can't do. */
const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 } };

/**
 * A screen is looked at once a second at most. Without a bound of ours the browser's is the size of its own window's screen.
 * What is shared can't be switched from the browser's bar: no page is told of it, and black-outs would lie beside what they hide.
 */
const SCREEN = { video: { width: { max: 3840 }, height: { max: 2160 }, frameRate: { ideal: 5, max: 10 } }, audio: false, selfBrowserSurface: 'exclude', surfaceSwitching: 'exclude' };

/** A camera takes so long for a photo at most, in ms. */
const PHOTO_MS = 3_000;

/** There is nothing to see; `reason` says why. */
export class NoSource extends Error {
  /** @param {SourceReason} reason @param {unknown} [cause] */
  constructor(reason, cause) {
    super(`No source: ${reason}`, { cause });
    this.reason = reason;
  }
}

export class Source {
  /** @type {MediaStream | null} */
  #stream = null;
  #attempts = 0;
  /** @type {'user' | 'environment' | undefined} the side that was asked for; a camera without sides has none */
  #facing;

  /**
   * @param {Name} name
   * @param {HTMLVideoElement} video the preview; frames are drawn from it
   * @param {(reason: SourceReason) => void} onLost the device was unplugged, or sharing was ended from the browser's own bar
   */
  constructor(name, video, onLost) {
    this.name = name;
    this.video = video;
    this.onLost = onLost;
    video.muted = video.playsInline = true;
  }

  /** The running track. */
  get #track() {
    return this.#stream?.getVideoTracks()[0];
  }

  /** Whether what the preview shows is of now: a phone mutes its camera while the page is away. */
  get sees() {
    const track = this.#track;
    return track?.readyState === 'live' && !(this.name === 'camera' && track.muted);
  }

  /**
   * Call it in the click itself: a browser lets a page ask for the screen only then.
   * @returns {Promise<boolean>} false: stopped meanwhile
   * @throws {NoSource}
   */
  async start() {
    if (!window.isSecureContext) throw new NoSource('insecure');
    if (!this.#isThere()) throw new NoSource('unsupported');
    this.stop();
    const attempt = this.#attempts;
    const reasons = this.name === 'camera' ? CAMERA_REASONS : SCREEN_REASONS;
    try {
      const stream = await this.#ask();
      if (attempt !== this.#attempts) {
        end(stream);
        return false;
      }
      this.#show(stream);
      return true;
    } catch (error) {
      if (attempt !== this.#attempts) return false;
      throw new NoSource(reasons[error instanceof DOMException ? error.name : ''] ?? 'failed', error);
    }
  }

  #isThere() {
    const { mediaDevices } = navigator;
    return Boolean(this.name === 'camera' ? mediaDevices?.getUserMedia : mediaDevices?.getDisplayMedia);
  }

  #ask() {
    if (this.name === 'screen') return navigator.mediaDevices.getDisplayMedia(SCREEN);
    return navigator.mediaDevices.getUserMedia({ video: { ...CAMERA, ...(this.#facing && { facingMode: { ideal: this.#facing } }) } });
  }

  /** @param {MediaStream} stream */
  #show(stream) {
    this.#stream = stream;
    const [track] = stream.getVideoTracks();
    track.contentHint = this.name === 'screen' ? 'text' : '';
    track.addEventListener('ended', () => {
      if (this.#stream !== stream) return;
      this.stop();
      this.onLost(this.name === 'screen' ? 'ended' : 'unplugged');
    });
    this.video.srcObject = stream;
    this.video.play().catch(() => {}); // it was stopped before it began
  }

  /** Whether there is another camera to turn to. */
  async hasOther() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter(({ kind }) => kind === 'videoinput').length > 1;
  }

  /**
   * Turn to the other camera: the other side of a phone, or the next device of a desk.
   * @returns {Promise<boolean>} false: stopped meanwhile
   * @throws {NoSource} there is none any more
   */
  async flip() {
    const { deviceId, facingMode } = this.#track?.getSettings() ?? {};
    if (facingMode === 'user' || facingMode === 'environment') {
      this.#facing = facingMode === 'user' ? 'environment' : 'user';
      return this.start(); // which ends the first one before: phones open one camera at a time
    }
    const first = this.#attempts;
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === 'videoinput');
    if (first !== this.#attempts) return false;
    const next = cameras[(cameras.findIndex((camera) => camera.deviceId === deviceId) + 1) % cameras.length];
    this.stop();
    const attempt = this.#attempts;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { ...CAMERA, deviceId: { exact: next.deviceId } } });
      if (attempt !== this.#attempts) {
        end(stream);
        return false;
      }
      this.#show(stream);
      return true;
    } catch {
      return attempt === this.#attempts && this.start();
    }
  }

  /** The finest picture that there is: a camera takes a photo where the browser lets it. @returns {Promise<ImageBitmap | HTMLVideoElement>} */
  async still() {
    const track = this.#track;
    if (this.name !== 'camera' || !track || typeof ImageCapture === 'undefined') return this.video;
    try {
      const photo = new ImageCapture(track).takePhoto();
      const blob = await Promise.race([photo, new Promise((_, refuse) => setTimeout(refuse, PHOTO_MS))]);
      const bitmap = await createImageBitmap(blob);
      const { videoWidth, videoHeight } = this.video;
      // Some drivers answer with a thumbnail.
      if (bitmap.width * bitmap.height > videoWidth * videoHeight) return bitmap;
      bitmap.close();
    } catch {
      // It can't: the preview's own picture is what there is.
    }
    return this.video;
  }

  stop() {
    this.#attempts += 1;
    if (this.#stream) end(this.#stream);
    this.#stream = null;
    this.video.srcObject = null;
  }
}

/** @param {MediaStream} stream */
function end(stream) {
  stream.getTracks().forEach((track) => track.stop());
}
