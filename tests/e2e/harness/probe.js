/**
 * Instruments that are in place before the page's first script and need no help from it.
 *
 *   __probe.sounds   [{stream: 'out' | 'in', type: 'sound' | 'silence', at, frame}]: what reaches the speaker, what the microphone gives
 *   __probe.pcm('out')    base64 of all samples so far, PCM16, with gaps as zeros
 *   __probe.wire()        [[at, 'in' | 'out', text or null, base64 or null]] since the last call: transport frames, both transports
 *
 * All `at` are ms since the epoch. A function of the source of `tap.js`, which it loads as a blob: the page's security policy has to
 * be off for that.
 */
((TAP_SOURCE) => {
  const TAP = URL.createObjectURL(new Blob([TAP_SOURCE], { type: 'text/javascript' }));
  const LEVELS = { out: 1e-3, in: 0.01 };
  const now = () => performance.timeOrigin + performance.now();

  // ---- sound

  const sounds = [];
  const blocks = { out: [], in: [] };
  const taps = { out: null, in: null };
  const connect = AudioNode.prototype.connect;

  async function tap(node, stream) {
    const { context } = node;
    context.tapModule ??= context.audioWorklet.addModule(TAP);
    await context.tapModule;
    const probe = new AudioWorkletNode(context, 'e2e-tap', {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
      processorOptions: { level: LEVELS[stream] },
    });
    probe.port.onmessage = ({ data }) => {
      if (data.type === 'pcm') blocks[stream].push(data);
      else sounds.push({ stream, ...data });
    };
    blocks[stream] = [];
    taps[stream] = probe;
    connect.call(node, probe);
  }

  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode) void tap(this, 'out');
    return connect.call(this, target, ...rest);
  };
  const listen = AudioContext.prototype.createMediaStreamSource;
  AudioContext.prototype.createMediaStreamSource = function (stream) {
    const source = listen.call(this, stream);
    void tap(source, 'in');
    return source;
  };

  async function pcm(stream) {
    const probe = taps[stream];
    if (!probe) return '';
    const count = blocks[stream].length;
    probe.port.postMessage('flush');
    while (blocks[stream].length === count) await new Promise((resolve) => setTimeout(resolve, 5));
    const kept = blocks[stream].filter((block) => block.pcm.byteLength > 0);
    if (kept.length === 0) return '';
    const [{ frame: first }] = kept;
    const last = kept.at(-1);
    const all = new Int16Array(last.frame - first + last.pcm.byteLength / 2);
    for (const { frame, pcm: block } of kept) all.set(new Int16Array(block), frame - first);
    return base64(all.buffer);
  }

  // ---- wire

  const frames = [];
  const note = (way, data) => {
    if (typeof data === 'string') frames.push([now(), way, data, null]);
    else if (data instanceof ArrayBuffer) frames.push([now(), way, null, data.slice(0)]);
    else if (ArrayBuffer.isView(data)) frames.push([now(), way, null, data.slice().buffer]);
    else if (data instanceof Blob) void data.arrayBuffer().then((bytes) => note(way, bytes));
  };

  window.WebSocket = class WebSocket extends window.WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', ({ data }) => note('in', data));
    }

    send(data) {
      note('out', data);
      super.send(data);
    }
  };

  const SEPARATOR = '\x1e'; // Engine.IO 4: the packets of one polling body
  const { open, send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    this.isPolling = String(url).includes('/socket.io/');
    return open.call(this, method, url, ...rest);
  };
  XMLHttpRequest.prototype.send = function (body) {
    if (this.isPolling) {
      if (typeof body === 'string') body.split(SEPARATOR).forEach((packet) => note('out', packet));
      this.addEventListener('readystatechange', () => {
        if (this.readyState === 4 && this.status === 200) {
          this.responseText.split(SEPARATOR).forEach((packet) => note('in', packet));
        }
      });
    }
    return send.call(this, body);
  };

  function base64(buffer) {
    const bytes = new Uint8Array(buffer);
    let text = '';
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return btoa(text);
  }

  window.__probe = {
    sounds,
    pcm,
    wire: () => frames.splice(0).map(([at, way, text, data]) => [at, way, text, data && base64(data)]),
  };
})
