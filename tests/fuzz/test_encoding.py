"""Whatever the engine has to say, the frame is JSON that the schema of the API knows."""

from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmedia_live.engine.protocol.messages import Raw, ServerMessage, TurnComplete
from genmedia_live.engine.protocol.schema import SERVER_MESSAGE
from genmedia_live.engine.protocol.schema.enums import TURN_COMPLETE_REASON
from genmedia_live.engine.protocol.wire import encode
from genmedia_live.ports import FunctionCall
from tests.fuzz.targets import check_sent

TEXT = st.text(st.characters(codec="utf-8"))
"""What can come out of models and clients: a surrogate alone is in no UTF-8."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
KNOWN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    bytes: st.binary(),
    bool: st.booleans(),
    int: st.integers(0, 2**24),
    float: st.floats(0, 1e6),
    NoneType: st.none(),
    FunctionCall: st.builds(FunctionCall, name=TEXT, args=st.dictionaries(TEXT, JSON, max_size=3), id=TEXT),
}


def made(hint: Any) -> st.SearchStrategy[Any]:
    """Anything of this type."""
    if hint in KNOWN:
        return KNOWN[hint]
    arguments = get_args(hint)
    match get_origin(hint):
        case origin if origin is Literal:
            return st.sampled_from(arguments)
        case origin if origin is UnionType:
            return st.one_of([made(argument) for argument in arguments])
        case origin if origin is tuple:
            return st.lists(made(arguments[0]), max_size=3).map(tuple)
    return st.builds(hint, **{name: made(inner) for name, inner in get_type_hints(hint).items()})


KINDS = {
    kind.__name__: st.builds(TurnComplete, made(get_type_hints(kind)["usage"]), st.sampled_from(TURN_COMPLETE_REASON.values))
    if kind is TurnComplete
    else made(kind)
    for kind in get_args(ServerMessage)
    if kind is not Raw
}


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(deadline=None)
def test_a_message_becomes_json_that_the_api_knows(kind: str, data: st.DataObject) -> None:
    message = data.draw(KINDS[kind])
    check_sent(message)
    SERVER_MESSAGE.read(orjson.loads(encode(message)))


def test_a_frame_of_a_script_is_sent_as_it_is() -> None:
    assert encode(Raw("nonsense")) == "nonsense"
    assert encode(Raw(b"\xff")) == b"\xff"
