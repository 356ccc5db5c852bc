"""The guards between the transport and the Socket.IO library: nothing a client sends makes them raise or go quiet."""

from __future__ import annotations

import base64
from typing import Any

import msgpack
import pytest
from engineio.packet import Packet as TransportPacket
from engineio.payload import Payload
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.core.limits import Limits
from genmedia_live.gateway import packets
from genmedia_live.gateway.packets import HEARD, Call, GuardedPacket

UNREADABLE = [HEARD, Call(None)]


def read(**fields: Any) -> GuardedPacket:
    return GuardedPacket(encoded_packet=msgpack.packb(fields))


def test_an_event_becomes_a_call() -> None:
    packet = read(type=2, nsp="/", data=["mic", {"seq": 1}], id=7)
    assert (packet.packet_type, packet.id, packet.data) == (2, 7, [HEARD, Call("mic", ({"seq": 1},), asked=True)])


@pytest.mark.parametrize("name", ["connect", "disconnect", "connect_error", "*", HEARD, "__disconnect_final"])
def test_no_name_reaches_a_handler_of_the_library(name: str) -> None:
    assert read(type=2, nsp="/", data=[name, "x"]).data == [HEARD, Call(name, ("x",))]


@pytest.mark.parametrize(
    "fields",
    [
        {"type": 5, "nsp": "/", "data": ["mic", {"_placeholder": True, "num": -5}]},
        {"type": 6, "nsp": "/", "data": [], "id": 1},
        {"type": 4, "nsp": "/", "data": {}},
        {"type": 7, "nsp": "/", "data": []},
        {"type": True, "nsp": "/", "data": ["mic"]},
        {"type": "2", "nsp": "/", "data": ["mic"]},
        {"type": 2, "nsp": "/admin", "data": ["mic"]},
        {"type": 2, "data": ["mic"]},
        {"type": 2, "nsp": "/"},
        {"type": 2, "nsp": "/", "data": []},
        {"type": 2, "nsp": "/", "data": [5]},
        {"type": 2, "nsp": "/", "data": {"0": "mic"}},
        {"type": 2, "nsp": "/", "data": ["mic"], "id": -1},
        {"type": 2, "nsp": "/", "data": ["mic"], "id": "1"},
        {"type": 2, "nsp": "/", "data": ["mic", msgpack.ExtType(5, b"x")]},
    ],
)
def test_a_packet_that_no_client_sends_is_unreadable(fields: dict[str, Any]) -> None:
    packet = read(**fields)
    assert (packet.packet_type, packet.id, packet.data, packet.attachment_count) == (2, None, UNREADABLE, 0)


@pytest.mark.parametrize(
    "garbage", [b"", b"\xc1", b"\x91" * 100_000, b"\xdf\xff\xff\xff\xff", b"\xd9\x02\xed\xa0", "2[]", b"\x80"]
)
def test_garbage_is_unreadable(garbage: Any) -> None:
    assert GuardedPacket(encoded_packet=garbage).data == UNREADABLE


@given(st.binary(max_size=200))
def test_no_bytes_make_the_decoder_raise(garbage: bytes) -> None:
    assert GuardedPacket(encoded_packet=garbage).attachment_count == 0


def test_undefined_as_javascript_writes_it_counts_as_left_out() -> None:
    packet = read(type=2, nsp="/", data=["text", {"text": "hi", "ref": msgpack.ExtType(0, b"\0")}])
    assert packet.data == [HEARD, Call("text", ({"text": "hi", "ref": None},))]
    assert read(type=0, nsp="/", data=msgpack.ExtType(0, b"\0")).packet_type == 0


def test_credentials_in_the_connect_packet_go_no_further() -> None:
    assert read(type=0, nsp="/", data={"token": "canary"}).data is None


def test_a_packet_without_data_has_no_null() -> None:
    assert msgpack.unpackb(GuardedPacket(1, namespace="/").encode()) == {"type": 1, "nsp": "/"}


def test_binary_goes_down_as_one_packet() -> None:
    encoded = GuardedPacket(2, data=["audio", {"pcm": b"\1\0"}], namespace="/").encode()
    assert msgpack.unpackb(encoded)["data"] == ["audio", {"pcm": b"\1\0"}]


# ---- the transport below


@given(st.text(max_size=40))
def test_what_counts_as_readable_is_read_by_the_transport(frame: str) -> None:
    mended = packets.mended_frame(frame)
    TransportPacket(encoded_packet=mended)
    assert mended == frame or mended == packets.UNREADABLE_FRAME


@given(st.binary(max_size=80) | st.text(max_size=60).map(lambda text: text.encode()))
def test_a_mended_body_is_read_by_the_transport(body: bytes) -> None:
    mended = packets.mended_body(body)
    assert mended is not None
    Payload(encoded_payload=mended.decode())


def test_one_bad_packet_leaves_the_others_of_its_body_alone() -> None:
    good = "b" + base64.b64encode(b"voice").decode()
    mended = packets.mended_body(f"{good}\x1e\x1exyz\x1e{good}".encode())
    assert mended is not None
    assert [packet.data for packet in Payload(encoded_payload=mended.decode()).packets] == [b"voice", b"\xc1", b"\xc1", b"voice"]


def test_a_body_with_too_many_packets_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Payload, "max_decode_packets", 16)
    packets.raise_polling_limit(Limits(polling_packets=200))
    assert packets.mended_body("\x1e".join(["3"] * 200).encode()) is not None
    assert packets.mended_body("\x1e".join(["3"] * 201).encode()) is None
