import threading

import pytest

from genmedia_live.core.errors import GenmediaError, error
from genmedia_live.engine.mind.bridge import AHEAD, Push, pulled


def never() -> bool:
    return False


def test_pieces_come_in_order_and_end() -> None:
    def produce(push: Push[str]) -> None:
        for number in range(3 * AHEAD):
            assert push(str(number))

    assert list(pulled(produce, first_s=30, between_s=30, cancelled=never)) == [str(n) for n in range(3 * AHEAD)]


def test_the_maker_waits_for_a_slow_reader() -> None:
    made, ended = [0], threading.Event()

    def produce(push: Push[str]) -> None:
        while push("x"):
            made[0] += 1
        ended.set()

    stream = pulled(produce, first_s=30, between_s=30, cancelled=never)
    next(stream)
    stream.close()
    assert ended.wait(30), "a reader that left ends the maker"
    assert made[0] <= AHEAD + 2


def test_giving_up_waits_until_the_maker_has_ended() -> None:
    left, ended = threading.Event(), threading.Event()

    def produce(push: Push[str]) -> None:
        while push("x"):
            pass
        assert not left.wait(0.2), "the reader has gone on before the maker had ended"
        ended.set()

    stream = pulled(produce, first_s=30, between_s=30, cancelled=never, settle_s=30)
    next(stream)
    stream.close()
    left.set()
    assert ended.is_set()


def test_asking_tells_that_nobody_reads_any_more() -> None:
    ended = threading.Event()

    def produce(push: Push[str]) -> None:
        assert push(None)
        push("x")
        while push(None):
            pass
        ended.set()

    stream = pulled(produce, first_s=30, between_s=30, cancelled=never, settle_s=30)
    assert next(stream) == "x"
    assert not ended.is_set()
    stream.close()
    assert ended.is_set()


def test_cancelled_ends_both_sides() -> None:
    got: list[str] = []
    ended = threading.Event()

    def produce(push: Push[str]) -> None:
        while push("x"):
            pass
        ended.set()

    for piece in pulled(produce, first_s=30, between_s=30, cancelled=lambda: len(got) == 3):
        got.append(piece)  # noqa: PERF402 (its length is watched while it grows)
    assert got == ["x"] * 3
    assert ended.wait(30)


def test_what_the_maker_raises_is_raised_here() -> None:
    def produce(push: Push[str]) -> None:
        push("a")
        raise error("quota")

    stream = pulled(produce, first_s=30, between_s=30, cancelled=never)
    assert next(stream) == "a"
    with pytest.raises(GenmediaError) as caught:
        next(stream)
    assert caught.value.code == "quota"


@pytest.mark.parametrize(("before", "first_s", "between_s"), [([], 0, 30), (["a"], 30, 0)])
def test_a_silent_model_is_a_timeout(before: list[str], first_s: float, between_s: float) -> None:
    done = threading.Event()

    def produce(push: Push[str]) -> None:
        for piece in before:
            push(piece)
        done.wait(30)

    stream = pulled(produce, first_s=first_s, between_s=between_s, cancelled=never)
    assert [next(stream) for _ in before] == before
    with pytest.raises(GenmediaError) as caught:
        next(stream)
    done.set()
    assert caught.value.code == "upstream_timeout"
