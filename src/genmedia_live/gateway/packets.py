"""What a client may put on the transport, checked before the Socket.IO library sees it.

The library swallows what it cannot read, a packet that announces attachments makes it swallow all that follows, and an event
that a client calls `disconnect` reaches the handler of real ones. Here every event becomes a `Call` under one name of ours, so
does everything unreadable, and no packet has attachments.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import msgpack
from engineio.payload import Payload
from socketio import packet as kinds
from socketio.msgpack_packet import MsgPackPacket

from genmedia_live.core.limits import Limits

HEARD = "heard"
"""The one event that the library hands on; its argument is a `Call`."""

UNREADABLE_FRAME = b"\xc1"
"""The one byte that msgpack never uses: it stands for a transport frame that could not be read."""

_UNDEFINED = 0
"""The extension type that the JavaScript msgpack library writes for `undefined`."""


@dataclass(frozen=True, slots=True)
class Call:
    """An event as a client sent it; `name` is None when the packet could not be read."""

    name: str | None
    args: tuple[Any, ...] = ()
    asked: bool = False
    """True when the client waits for an acknowledgement."""


class GuardedPacket(MsgPackPacket):  # type: ignore[misc]
    """A Socket.IO packet in msgpack, whose `decode` takes any bytes."""

    def __init__(self, packet_type: int = kinds.EVENT, data: Any = None, *, encoded_packet: Any = None, **rest: Any) -> None:
        super().__init__(packet_type, data, **rest)
        if encoded_packet is not None:  # the library leaves an empty packet unread
            self.decode(encoded_packet)

    def decode(self, encoded_packet: Any) -> int:
        """Read the packet, or let it stand as a call without a name. It never has attachments."""
        try:
            self._read(msgpack.unpackb(encoded_packet, ext_hook=_extension, strict_map_key=True))
        except Exception:  # whatever garbage does to the reader, the answer is the same
            self._hold(kinds.EVENT, None, [HEARD, Call(None)])
        return 0

    def _read(self, fields: Any) -> None:
        kind, namespace, mark, data = fields["type"], fields["nsp"], fields.get("id"), fields.get("data")
        if type(kind) is not int or kind not in (kinds.CONNECT, kinds.DISCONNECT, kinds.EVENT, kinds.ACK):
            raise ValueError("no packet that a client sends")
        if namespace != "/" or not (mark is None or (type(mark) is int and 0 <= mark < 2**53)):
            raise ValueError("no namespace or id of this server")
        if kind in (kinds.EVENT, kinds.ACK) and not isinstance(data, list):
            raise ValueError("no list of arguments")
        if kind == kinds.EVENT:
            if not data or not isinstance(data[0], str):
                raise ValueError("no event name")
            data = [HEARD, Call(data[0], tuple(data[1:]), asked=mark is not None)]
        if kind == kinds.CONNECT:
            data = None  # credentials never come this way: the library logs them
        self._hold(kind, mark, data)

    def _hold(self, kind: int, mark: int | None, data: Any) -> None:
        self.packet_type, self.namespace, self.id, self.data = kind, "/", mark, data

    def _to_dict(self) -> dict[str, Any]:
        fields: dict[str, Any] = super()._to_dict()
        if fields["data"] is None:  # the JavaScript decoder takes no null here
            del fields["data"]
        return fields


def _extension(code: int, data: bytes) -> None:
    if code != _UNDEFINED:
        raise ValueError("no extension of this wire")


# ---- the transport below


def readable(frame: str) -> bool:
    """True when the Engine.IO library reads this text frame without an exception: it has no answer to one."""
    if frame[:1] == "b":
        try:
            base64.b64decode(frame[1:])
        except (binascii.Error, ValueError):
            return False
        return True
    return frame[:1] in tuple("123456") and len(frame) <= 64


def mended_frame(frame: str) -> str | bytes:
    """A text frame of a WebSocket as it may go on."""
    return frame if readable(frame) else UNREADABLE_FRAME


def mended_body(body: bytes) -> bytes | None:
    """The body of a polling POST as it may go on; None when it holds more packets than are taken."""
    stand_in = "b" + base64.b64encode(UNREADABLE_FRAME).decode()
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return stand_in.encode()
    if text.startswith("d="):  # JSONP, which no client of this wire uses
        return stand_in.encode()
    packets = text.split("\x1e")
    if len(packets) > Payload.max_decode_packets:
        return None
    return "\x1e".join(packet if readable(packet) else stand_in for packet in packets).encode()


def raise_polling_limit(limits: Limits) -> None:
    """Let a polling body hold more than the library's 16 packets: past them it drops the whole body and answers 200."""
    Payload.max_decode_packets = limits.polling_packets
