"""How a voice sounds, asked of an engine process: over its TLS port, under the authority that it reported."""

from __future__ import annotations

from urllib.parse import quote

import aiohttp

from genmedia_live.core.errors import ClientFault, OurFault
from genmedia_live.core.limits import Limits
from genmedia_live.core.voices import real_voice
from genmedia_live.upstream.client import tls_context
from genmedia_live.upstream.credentials import engine_target


class EngineVoices:
    """The voices of the engine that listens on `port`; `ca` (PEM) is all that is trusted there."""

    def __init__(self, port: int, ca: str, limits: Limits) -> None:
        self._target = engine_target(port, ca)
        self._limits = limits

    async def sample(self, voice: str) -> bytes:
        """A WAV file, PCM16 mono at 24 kHz, of a voice or of the voice behind a preset.

        Raises:
            GenmediaError: `unknown_voice`; `engine_unavailable`: the engine does not answer, or not with a sample.
        """
        url = f"{self._target.base_url}/genmedia/v1/voices/{quote(real_voice(voice), safe='')}/sample"
        deadline = aiohttp.ClientTimeout(total=self._limits.engine_sample_ms / 1000)
        connector = aiohttp.TCPConnector(ssl=tls_context(self._target.ca, True))
        headers = {"Authorization": f"Bearer {self._target.access_token}"}
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=deadline, headers=headers) as http,
                http.get(url) as answer,
            ):
                if answer.status == 404:
                    raise ClientFault("unknown_voice")
                answer.raise_for_status()
                return await answer.read()
        except (aiohttp.ClientError, TimeoutError) as failure:
            raise OurFault("engine_unavailable", "The local engine did not say how that voice sounds.") from failure
