"""A client that trusts the authority, and nothing else, can speak with the engine by each of its names."""

import asyncio
import ssl
import tempfile
from pathlib import Path

import pytest

from genmedia_live.engine.front.certificate import Certificate, mint


async def shaken(certificate: Certificate, name: str, trusted: str) -> str | None:
    """Handshake with a server by `name`; the TLS version."""

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certificate.context)
    async with server:
        context = ssl.create_default_context(cadata=trusted)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        port = server.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
        version: str | None = writer.get_extra_info("ssl_object").version()
        writer.close()
        return version


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
async def test_each_name_is_good(name: str) -> None:
    certificate = mint()
    assert await shaken(certificate, name, certificate.ca) == "TLSv1.3"


async def test_another_name_is_not() -> None:
    certificate = mint()
    with pytest.raises(ssl.SSLCertVerificationError):
        await shaken(certificate, "example.com", certificate.ca)


async def test_another_authority_is_not() -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        await shaken(mint(), "localhost", mint().ca)


async def test_a_name_of_ones_own() -> None:
    certificate = mint(["engine.internal"])
    assert await shaken(certificate, "engine.internal", certificate.ca)


def test_no_key_stays_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    certificate = mint()
    assert list(tmp_path.iterdir()) == []
    assert "PRIVATE" not in certificate.ca
