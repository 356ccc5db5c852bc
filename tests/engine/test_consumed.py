"""Which messages a snapshot covers: never one that the resumed session would miss."""

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.consumed import LAG_MS, Consumed
from genmedia_live.engine.dialogue.endpointing import FRAME_MS


class Client:
    """Sends numbered messages; what is heard of them is the test's to say."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.consumed = Consumed(limits)
        self.index = 0
        self.heard_ms = 0.0
        self.consumed.received(0, 0.0)

    def send(self, audio_ms: float = 0.0, *, heard: bool = True) -> None:
        self.index += 1
        self.consumed.received(self.index, self.heard_ms, audio_ms)
        self.heard_ms += audio_ms if heard else 0.0

    def covered(self, before_ms: float | None = None) -> int:
        return self.consumed.index(before_ms, self.heard_ms)


def test_the_set_up_is_message_nought() -> None:
    assert Client().covered() == 0


def test_while_nobody_speaks_all_that_was_heard_is_covered() -> None:
    client = Client()
    client.send()
    assert client.covered() == 1
    for _ in range(10):
        client.send(100)
    assert client.covered() == 11


def test_an_utterance_keeps_back_all_that_came_since_its_audio_began() -> None:
    client = Client()
    for _ in range(10):
        client.send(100)
    client.send()
    assert client.covered(before_ms=650) == 6
    assert client.covered(before_ms=650) == 6
    client.send(100)
    assert client.covered(before_ms=650) == 6
    assert client.covered() == 12


def test_audio_up_to_the_utterance_is_covered_and_what_lies_between_goes_with_it() -> None:
    client = Client()
    client.send(100)
    client.send()
    client.send(100)
    assert client.covered(before_ms=100) == 2
    assert client.covered(before_ms=99) == 2, "what was covered once stays covered"


def test_audio_that_was_not_heard_is_not_covered() -> None:
    client = Client()
    client.send(100)
    client.send(20, heard=False)
    assert client.covered() == 1
    for _ in range(100):
        client.send(20, heard=False)
    client.send()
    assert client.covered() <= 1 + LAG_MS / 20


def test_what_fills_no_frame_is_covered_by_what_comes_after_it() -> None:
    client = Client()
    client.send(20, heard=False)
    assert client.covered() == 0
    client.send()
    assert client.covered() == 2


def test_the_end_of_a_stream_fills_its_last_frame() -> None:
    client = Client()
    for _ in range(500):
        client.send(20, heard=False)
        client.heard_ms += FRAME_MS
        client.send()
    client.send(1_000, heard=False)
    assert client.covered() == 1_000
    client.heard_ms += 999
    assert client.covered() == 1_000
    client.heard_ms += 1
    assert client.covered() == 1_001


def test_memory_is_bounded_and_the_index_only_lags() -> None:
    client = Client(Limits(live_unconsumed=4))
    for _ in range(10):
        client.send(100)
    assert client.covered(before_ms=0) == 0
    assert client.covered(before_ms=350) == 3
    assert client.covered(before_ms=850) == 3, "the boundaries of the newer ones are forgotten"
    assert client.covered() == 10


class Sent(NamedTuple):
    audio_ms: int
    padded: bool = False


@given(
    st.lists(st.builds(Sent, st.sampled_from([0, 10, 20, 40, 100, 1_000]), st.booleans()), max_size=40),
    st.floats(0, 1),
    st.integers(1, 6),
)
def test_no_message_is_covered_whose_audio_the_utterance_holds(messages: list[Sent], place: float, bound: int) -> None:
    client, ends = Client(Limits(live_unconsumed=bound)), [0.0]
    for sent in messages:
        client.send(sent.audio_ms)
        ends.append(client.heard_ms if sent.audio_ms else 0.0)
        if sent.padded:
            client.heard_ms += 7
    began_ms = place * client.heard_ms
    covered = client.covered(before_ms=began_ms)
    assert all(end <= began_ms for end in ends[: covered + 1])
    if len(messages) <= bound:
        assert covered == len(messages) or ends[covered + 1] > began_ms
    assert client.covered() == len(messages)
