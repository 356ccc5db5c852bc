"""Whatever the schema holds can be said in every spelling and means the same; nonsense in any place closes with 1007."""

import json
from copy import deepcopy
from random import Random
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from genmedia_live.engine.protocol.messages import Close, Setup
from genmedia_live.engine.protocol.schema import CLIENT_MESSAGE, SETUP
from genmedia_live.engine.protocol.wire import parse, setup_of
from tests.engine.documents import documents, leaves, nodes, nonsense, spelled, values

BODIES = sorted(CLIENT_MESSAGE.fields)

slow = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)


@st.composite
def frames(draw: st.DrawFn) -> dict[str, Any]:
    """A document with one message in it."""
    name = draw(st.sampled_from(BODIES))
    return {name: draw(values(CLIENT_MESSAGE.fields[name].kind, 1))}


@slow
@given(frames(), st.randoms(use_true_random=False))
def test_every_spelling_means_the_same(document: dict[str, Any], random: Random) -> None:
    plain = parse(json.dumps(document))
    assert not isinstance(plain, Close), plain.reason
    other = spelled(document, CLIENT_MESSAGE, random, recode="setup" not in document)  # bytes stay in the document as they came
    assert parse(json.dumps(other)) == plain


@slow
@given(documents(SETUP, 1), st.randoms(use_true_random=False))
def test_the_document_of_a_set_up_is_normal_and_reads_as_the_same_set_up(document: dict[str, Any], random: Random) -> None:
    setup = parse(json.dumps({"setup": spelled(document, SETUP, random, recode=False)}))
    assert isinstance(setup, Setup)
    assert setup.document == document
    assert setup_of(setup.document) == setup


@slow
@given(frames(), st.data())
def test_nonsense_in_any_place_closes_with_1007(document: dict[str, Any], data: st.DataObject) -> None:
    places = list(leaves(document, CLIENT_MESSAGE))
    assume(places)
    container, key, kind = data.draw(st.sampled_from(places))
    container[key] = data.draw(st.sampled_from(nonsense(kind)))
    answer = parse(json.dumps(document))
    assert isinstance(answer, Close)
    assert answer.code == 1007
    assert answer.reason.startswith("Invalid")


@slow
@given(frames(), st.data())
def test_a_name_that_nobody_knows_closes_with_1007_at_any_depth(document: dict[str, Any], data: st.DataObject) -> None:
    data.draw(st.sampled_from(list(nodes(document, CLIENT_MESSAGE))))["unheardOf"] = None
    answer = parse(json.dumps(document))
    assert isinstance(answer, Close)
    assert answer.code == 1007
    assert answer.reason.startswith('Invalid JSON payload received. Unknown name "unheardOf"')


@slow
@given(frames(), st.data())
def test_both_spellings_at_once_close_with_1007(document: dict[str, Any], data: st.DataObject) -> None:
    twice = deepcopy(document)
    found = [
        (node, name, snake)
        for node in nodes(twice, CLIENT_MESSAGE)
        for name, snake in ((name, "".join(f"_{c.lower()}" if c.isupper() else c for c in name)) for name in node)
        if snake != name and node[name] is not None
    ]
    assume(found)
    node, name, snake = data.draw(st.sampled_from(found))
    node[snake] = node[name]
    assert isinstance(parse(json.dumps(document)), Close) is False
    assert isinstance(answer := parse(json.dumps(twice)), Close)
    assert answer.code == 1007
