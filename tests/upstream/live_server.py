"""A Live server that does what a test scripts, over TLS, and notes what it was sent. It can misbehave."""

from __future__ import annotations

import asyncio
import base64
import datetime
import ipaddress
import json
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

Message = dict[str, Any]


def certificate(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A server's TLS context for loopback, and the PEM of the authority that signed it."""
    authority, authority_key = _issue("Test authority", None)
    leaf, leaf_key = _issue("localhost", (authority, authority_key))
    file = folder / "server.pem"
    key = leaf_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(leaf.public_bytes(serialization.Encoding.PEM) + key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context, authority.public_bytes(serialization.Encoding.PEM).decode()


def _issue(
    name: str, signer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    issuer_key = key if signer is None else signer[1]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if signer is None else signer[0].subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(_usage(ca=signer is None), critical=True)
    )
    return builder.sign(issuer_key, hashes.SHA256()), key


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


class Peer:
    """The server's end of one connection."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.setup: Message = {}
        self.path = socket.request.path if socket.request else ""
        self.headers: Mapping[str, str] = dict(socket.request.headers.raw_items()) if socket.request else {}

    async def receive(self) -> Message:
        """The client's next message."""
        return _decoded(await self.socket.recv(decode=False))

    async def say(self, *messages: Message | str | bytes) -> None:
        """Send messages as Google does: JSON in binary frames. Text and bytes go as they are."""
        for message in messages:
            await self.socket.send(json.dumps(message).encode() if isinstance(message, dict) else message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self.socket.close(code, reason)

    def abort(self) -> None:
        self.socket.transport.abort()


def _decoded(raw: bytes) -> Message:
    message = json.loads(raw)
    assert isinstance(message, dict)
    return message


Script = Callable[[Peer], Awaitable[None]]


class LiveServer:
    """Listens on a free port of loopback. `script` plays one connection, after the set-up unless `raw`."""

    def __init__(self, context: ssl.SSLContext, ca: str) -> None:
        self._context = context
        self._stack = AsyncExitStack()
        self.ca = ca
        self.script: Script = listen
        self.answer_setup = True
        self.refusal: tuple[int, str, dict[str, str]] | None = None
        self.peers: list[Peer] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    async def __aenter__(self) -> LiveServer:
        server = await self._stack.enter_async_context(
            serve(
                self._play,
                "127.0.0.1",
                0,
                ssl=self._context,
                process_request=self._admit,
                max_size=None,
                ping_interval=None,
                close_timeout=0.2,
            )
        )
        self.port = next(iter(server.sockets)).getsockname()[1]
        return self

    async def __aexit__(self, *failure: object) -> None:
        for peer in self.peers:
            peer.abort()
        await self._stack.aclose()

    def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        if self.refusal is None:
            return None
        status, body, headers = self.refusal
        return Response(status, "Refused", Headers({**headers, "Content-Length": str(len(body))}), body.encode())

    async def _play(self, socket: ServerConnection) -> None:
        peer = Peer(socket)
        self.peers.append(peer)
        try:
            if self.answer_setup:
                peer.setup = (await peer.receive())["setup"]
                await peer.say({"setupComplete": {"sessionId": "s-1"}})
            await self.script(peer)
        except ConnectionClosed:
            pass


async def listen(peer: Peer) -> None:
    """Stay open and say nothing."""
    await peer.socket.wait_closed()


def says(*messages: Message | str | bytes) -> Script:
    """Say these, then stay open."""

    async def script(peer: Peer) -> None:
        await peer.say(*messages)
        await peer.socket.wait_closed()

    return script


def says_and_ends(*messages: Message | str | bytes, code: int = 1000, reason: str = "") -> Script:
    """Say these, then close."""

    async def script(peer: Peer) -> None:
        await peer.say(*messages)
        await peer.close(code, reason)

    return script


def voice(pcm: bytes, **content: Any) -> Message:
    """A server message with voice, and whatever else is put beside it."""
    blob = {"mimeType": "audio/pcm;rate=24000", "data": base64.b64encode(pcm).decode()}
    return {"serverContent": {"modelTurn": {"parts": [{"inlineData": blob}]}, **content}}


class Heard:
    """Collects what the client sends until it is enough."""

    def __init__(self, count: int) -> None:
        self.messages: list[Message] = []
        self._count = count
        self._enough = asyncio.Event()

    async def script(self, peer: Peer) -> None:
        while len(self.messages) < self._count:
            self.messages.append(await peer.receive())
        self._enough.set()
        await peer.socket.wait_closed()

    async def all(self) -> list[Message]:
        async with asyncio.timeout(10):
            await self._enough.wait()
        return self.messages
