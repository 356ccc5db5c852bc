"""A cheap Live client for load: raw WebSockets and frames built beforehand, so that what is measured is the server.

A caller streams its microphone in real time and takes turns, by voice and by typing. A turn is timed from the client's frame
that triggers it, as it leaves, to the first voice of the answer, as it arrives. The trigger of typed words is their frame. The
trigger of speech is the frame of audio that completes the pause which ends it, or the `activityEnd` where the client marks it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from dataclasses import dataclass, field
from functools import cache
from time import perf_counter

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from genmedia_live.aio import Tasks
from genmedia_live.core.audio import MIC_RATE

PATH = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"
MODEL = "models/genmedia-load"
VAD_FRAME = 512
"""Samples that the engine's voice activity detector takes at a time."""
PAUSE_FRAMES = 6
"""Silent frames that end an utterance, by the setting below."""
DETECTION = {"silenceDurationMs": PAUSE_FRAMES * VAD_FRAME * 1000 // MIC_RATE}
HERTZ = 220


@dataclass(slots=True)
class Tally:
    """What a caller has seen. Times are in seconds."""

    asked: int = 0
    answered: int = 0
    typed: list[float] = field(default_factory=list)
    spoken: list[float] = field(default_factory=list)
    closed: str | None = None
    voice_bytes: int = 0


@cache
def microphone(chunk_ms: int, loud: bool) -> bytes:
    """The frame with a chunk of the microphone: a tone, or silence."""
    at = np.arange(MIC_RATE * chunk_ms // 1000) / MIC_RATE
    tone = np.sin(2 * np.pi * HERTZ * at) * (16_000 if loud else 0)
    data = base64.b64encode(tone.astype("<i2").tobytes()).decode()
    return json.dumps({"realtimeInput": {"audio": {"data": data, "mimeType": f"audio/pcm;rate={MIC_RATE}"}}}).encode()


def typed(words: str) -> bytes:
    """The frame of typed words."""
    return json.dumps({"realtimeInput": {"text": words}}).encode()


def setup(marked: bool) -> str:
    """The set-up frame; `marked`: the client marks where speech begins and ends."""
    detection = {"disabled": True} if marked else DETECTION
    body = {
        "model": MODEL,
        "generationConfig": {"responseModalities": ["AUDIO"]},
        "realtimeInputConfig": {"automaticActivityDetection": detection},
    }
    return json.dumps({"setup": body})


class Caller:
    """One connection. `listen` runs beside `stream`, and `say` and `type` take a turn each, up to its end."""

    def __init__(self, socket: ClientConnection, chunk_ms: int) -> None:
        self._socket = socket
        self._chunk_ms = chunk_ms
        self._chunk = MIC_RATE * chunk_ms // 1000
        self._sent = 0
        self._loud_left = 0
        self._speech_ended: int | None = None
        self._triggered: float | None = None
        self._waits: list[float] | None = None
        self._done = asyncio.Event()
        self.tally = Tally()

    async def listen(self) -> None:
        """Take in what the server sends until it closes."""
        try:
            while True:
                frame = await self._socket.recv(decode=False)
                if b'"inlineData"' in frame[:160]:
                    self.tally.voice_bytes += len(frame)
                    if self._triggered is not None and self._waits is not None:
                        self._waits.append(perf_counter() - self._triggered)
                        self._triggered = None
                elif b'"turnComplete":true' in frame.replace(b" ", b""):
                    self.tally.answered += 1
                    self._done.set()
        except ConnectionClosed as end:
            self.tally.closed = f"{end.rcvd.code} {end.rcvd.reason}" if end.rcvd else "lost"
            self._done.set()

    async def stream(self, begin: float) -> None:
        """Send the microphone in real time from loop time `begin` on, whatever it picks up."""
        loop = asyncio.get_running_loop()
        due = begin
        while self.tally.closed is None:
            await asyncio.sleep(max(0.0, due - loop.time()))
            due += self._chunk_ms / 1000
            await self._send_chunk()

    async def _send_chunk(self) -> None:
        loud = self._loud_left > 0
        self._sent += self._chunk
        if loud:
            self._loud_left -= 1
            if not self._loud_left:
                last_loud = (self._sent - 1) // VAD_FRAME
                self._speech_ended = (last_loud + 1 + PAUSE_FRAMES) * VAD_FRAME
        elif self._speech_ended is not None and self._sent >= self._speech_ended:
            self._speech_ended = None
            self._triggered = perf_counter()
        try:
            await self._socket.send(microphone(self._chunk_ms, loud), text=True)
        except ConnectionClosed:
            self._done.set()

    async def say(self, ms: int, deadline: float = 30.0) -> bool:
        """Speak for so long into the running microphone, and wait for the answer to end. False when it did not."""
        self._loud_left = ms // self._chunk_ms
        return await self._turn(self.tally.spoken, deadline)

    async def type(self, frame: bytes, deadline: float = 30.0) -> bool:
        """Send typed words, and wait for the answer to end."""
        return await self._turn(self.tally.typed, deadline, frame)

    async def mark(self, ms: int, deadline: float = 30.0) -> bool:
        """Say so much between `activityStart` and `activityEnd`, all at once, and wait for the answer to end."""
        await self._socket.send('{"realtimeInput":{"activityStart":{}}}')
        for _ in range(ms // self._chunk_ms):
            await self._socket.send(microphone(self._chunk_ms, True), text=True)
        await self._socket.ping()  # what was said has been taken in
        return await self._turn(self.tally.spoken, deadline, b'{"realtimeInput":{"activityEnd":{}}}')

    async def _turn(self, waits: list[float], deadline: float, trigger: bytes | None = None) -> bool:
        self._done.clear()
        self._waits = waits
        self.tally.asked += 1
        try:
            async with asyncio.timeout(deadline):
                if trigger is not None:
                    self._triggered = perf_counter()
                    await self._socket.send(trigger, text=True)
                await self._done.wait()
        except (TimeoutError, ConnectionClosed):
            return False
        return self.tally.closed is None

    async def lag(self) -> float:
        """Seconds until the server's event loop answers a ping."""
        begun = perf_counter()
        await (await self._socket.ping())
        return perf_counter() - begun


class Line:
    """An open connection with its caller, listening: `async with Line(...) as caller`."""

    def __init__(self, port: int, context: ssl.SSLContext, chunk_ms: int, *, marked: bool = False) -> None:
        self._address = f"wss://localhost:{port}{PATH}"
        self._context = context
        self._chunk_ms = chunk_ms
        self._marked = marked
        self._tasks = Tasks()

    async def __aenter__(self) -> Caller:
        self._socket = await connect(
            self._address, ssl=self._context, proxy=None, compression=None, ping_interval=None, max_size=None, open_timeout=60
        )
        await self._socket.send(setup(self._marked))
        answer = await self._socket.recv(decode=False)
        if b"setupComplete" not in answer:
            raise RuntimeError(f"The set-up was not accepted: {answer!r}")
        caller = Caller(self._socket, self._chunk_ms)
        self._tasks.start(caller.listen(), name="listen")
        return caller

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()
        await self._tasks.close()
