"""How each voice sounds: made once, by whoever speaks in the engine, and served as a WAV file."""

from __future__ import annotations

import asyncio
import io
import ssl
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import numpy as np
import pytest

from genmedia_live.core.voices import ENGINE_VOICES, GEMINI_VOICES
from genmedia_live.engine.front.samples import SENTENCE, Samples
from genmedia_live.engine.mind import Mind
from genmedia_live.engine.mind.casting import cast
from genmedia_live.engine.mind.scripted import Tone, scripted_mind
from genmedia_live.engine.mind.tts import HibariTts
from genmedia_live.engine.server import Engine, Options
from genmedia_live.ports import Cancelled


def unpacked(wav: bytes) -> np.ndarray:
    """The samples of a WAV file, which is mono, of 16 bits, at 24 kHz."""
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float) / 32_768


class Speaker:
    """Says the voice's name, when it is let to."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.at_once = self.most_at_once = 0
        self.may = asyncio.Event()
        self.may.set()
        self.failures = 0

    async def __call__(self, words: str, voice: str) -> bytes:
        self.said.append((words, voice))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.may.wait()
        finally:
            self.at_once -= 1
        if self.failures:
            self.failures -= 1
            raise RuntimeError("hoarse")
        return voice.encode().ljust(16, b"\0")


async def test_a_sample_is_spoken_once_and_kept_for_every_name_of_its_voice() -> None:
    speaker = Speaker()
    samples = Samples(speaker)
    names = [*ENGINE_VOICES, *GEMINI_VOICES]
    made = {name: await samples.wav(name) for name in names}
    assert sorted(speaker.said) == sorted((SENTENCE, voice) for voice in ENGINE_VOICES)
    for name in names:
        assert made[name] is made[str(cast(name))]
    assert len(set(made.values())) == len(ENGINE_VOICES)


@pytest.mark.parametrize("name", ["", "Heart", "heart ", "Breeze", "../heart", "heart\0"])
async def test_nobody_of_that_name_speaks(name: str) -> None:
    speaker = Speaker()
    assert await Samples(speaker).wav(name) is None
    assert speaker.said == []


async def test_a_crowd_that_asks_has_each_voice_speak_once_and_none_at_the_same_time() -> None:
    speaker = Speaker()
    speaker.may.clear()
    samples = Samples(speaker)
    asked = asyncio.gather(*(samples.wav(name) for name in ("heart", "luna", "heart", "luna", "heart")))
    await asyncio.sleep(0)
    speaker.may.set()
    wavs = await asked
    assert len(set(wavs)) == 2
    assert sorted(voice for _, voice in speaker.said) == ["heart", "luna"]
    assert speaker.most_at_once == 1


async def test_what_failed_or_was_given_up_is_made_by_the_next_who_asks() -> None:
    speaker = Speaker()
    speaker.failures = 1
    samples = Samples(speaker)
    with pytest.raises(RuntimeError):
        await samples.wav("heart")
    speaker.may.clear()
    asking = asyncio.ensure_future(samples.wav("heart"))  # noqa: TID251 - cancelled and awaited here
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    speaker.may.set()
    assert await samples.wav("heart") is not None
    assert len(speaker.said) == 3


# ---- over the wire


@asynccontextmanager
async def served(mind: Mind, options: Options | None = None) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of an engine with this mind, at its door."""
    engine = Engine(mind, options)
    await engine.start()
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cadata=engine.ca))
    async with aiohttp.ClientSession(f"https://127.0.0.1:{engine.port}", connector=connector) as http:
        yield http
    await engine.stop(0)


async def sample_of(http: aiohttp.ClientSession, voice: str) -> np.ndarray:
    async with http.get(f"/genmedia/v1/voices/{voice}/sample") as answer:
        assert (answer.status, answer.content_type) == (200, "audio/wav")
        return unpacked(await answer.read())


def pitch(samples: np.ndarray) -> float:
    """Hertz of the strongest tone."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * 24_000 / len(samples))


async def test_the_scripted_voices_hum_as_high_as_they_are() -> None:
    async with served(scripted_mind()) as http:
        heard = {voice: pitch(await sample_of(http, voice)) for voice in ("heart", "bruno", "Orus")}
    assert heard["heart"] == pytest.approx(200, abs=2)
    assert heard["bruno"] == heard["Orus"] == pytest.approx(113, abs=2)


@pytest.mark.weights
async def test_the_engines_voices_say_the_sentence_each_in_its_way() -> None:
    async with served(replace(scripted_mind(), tts=HibariTts())) as http:
        heard = {voice: await sample_of(http, voice) for voice in ("heart", "bruno", "Aoede")}
    for samples in heard.values():
        assert 1.5 < len(samples) / 24_000 < 8
        assert 0.02 < np.sqrt(np.mean(samples**2)) < 0.3
        assert np.max(np.abs(samples)) <= 1
    kept = list(heard.values())
    for one, other in ((0, 1), (0, 2), (1, 2)):
        length = min(len(kept[one]), len(kept[other]))
        assert abs(np.corrcoef(kept[one][:length], kept[other][:length])[0, 1]) < 0.5


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/genmedia/v1/voices/Ember/sample", 404, "no voice of that name"),
        ("GET", "/genmedia/v1/voices/%00/sample", 404, "no voice of that name"),
        ("GET", "/genmedia/v1/voices//sample", 404, "Method not found"),
        ("GET", "/genmedia/v1/voices/heart", 404, "Method not found"),
        ("POST", "/genmedia/v1/voices/heart/sample", 405, "GET only"),
    ],
)
async def test_what_is_refused(method: str, path: str, status: int, said: str) -> None:
    async with served(scripted_mind()) as http, http.request(method, path) as answer:
        assert answer.status == status
        assert said in (await answer.json())["error"]["message"]


async def test_credentials_count_here_as_elsewhere() -> None:
    path = "/genmedia/v1/voices/heart/sample"
    async with served(scripted_mind(), Options(require_credentials=True)) as http:
        async with http.get(path) as answer:
            assert answer.status == 401
        async with http.get(path, headers={"Authorization": "Bearer ya29.EXPIRED"}) as answer:
            assert answer.status == 401
        async with http.get(path, headers={"Authorization": "Bearer local"}) as answer:
            assert answer.status == 200
        async with http.head(path, headers={"Authorization": "Bearer local"}) as answer:
            assert (answer.status, await answer.read()) == (200, b"")


class Hoarse(Tone):
    """Fails once, then hums."""

    failed = False

    def synthesize(self, text: str, voice: str, cancelled: Cancelled = lambda: False):
        if not self.failed:
            self.failed = True
            raise RuntimeError("hoarse")
        return super().synthesize(text, voice, cancelled)


async def test_a_voice_that_fails_is_an_error_of_the_engine_and_the_next_try_is_new() -> None:
    async with served(replace(scripted_mind(), tts=Hoarse())) as http:
        async with http.get("/genmedia/v1/voices/heart/sample") as answer:
            assert answer.status == 500
            assert "hoarse" not in await answer.text()
        assert len(await sample_of(http, "heart"))
