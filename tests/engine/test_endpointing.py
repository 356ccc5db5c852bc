"""Where speech begins and ends, frame by frame."""

import numpy as np
import pytest

from genmedia_live.engine.dialogue.endpointing import FRAME, FRAME_MS, LONGEST_UTTERANCE_MS, Endpointer, Patience, Signal
from genmedia_live.engine.protocol.messages import Detection


def run(endpointer: Endpointer, pattern: str, *, guarded: bool = False) -> list[tuple[int, Signal]]:
    """Feed `x` as a frame of speech and `.` as one of silence; the signals, each with the number of its frame."""
    frame = np.zeros(FRAME, np.float32)
    signals = [endpointer.hear(frame, 0.9 if mark == "x" else 0.1, guarded=guarded) for mark in pattern]
    return [(at, signal) for at, signal in enumerate(signals, 1) if signal is not None]


def test_two_frames_begin_an_utterance() -> None:
    assert run(Endpointer(Patience()), "..x.x.xx") == [(8, Signal.STARTED)]


def test_five_frames_break_in() -> None:
    assert run(Endpointer(Patience()), "xxxx.xxxxx", guarded=True) == [(10, Signal.STARTED)]


def test_a_short_pause_asks_and_a_long_one_ends() -> None:
    signals = run(Endpointer(Patience()), "xx" + "." * 40)
    assert signals == [(2, Signal.STARTED), (8, Signal.PAUSED), (30, Signal.ENDED)]


def test_speech_after_the_question_resumes() -> None:
    signals = run(Endpointer(Patience()), "xx" + "." * 7 + "x" + "." * 3 + "x")
    assert signals == [(2, Signal.STARTED), (8, Signal.PAUSED), (10, Signal.RESUMED)]


def test_an_utterance_has_an_end_in_any_case() -> None:
    signals = run(Endpointer(Patience()), "x" * 2_000)
    first = next(at for at, signal in signals if signal is Signal.ENDED)
    assert first == pytest.approx(LONGEST_UTTERANCE_MS / FRAME_MS, abs=2)
    assert {signal for at, signal in signals if at > first} == {Signal.ENDED}


def test_an_utterance_does_not_grow_past_its_end() -> None:
    endpointer = Endpointer(Patience())
    run(endpointer, "x" * 2_000 + "." * 2_000)
    assert endpointer.full
    assert endpointer.spoken_ms == len(endpointer.audio()) / FRAME * FRAME_MS == pytest.approx(LONGEST_UTTERANCE_MS, abs=FRAME_MS)


@pytest.mark.parametrize(("pattern", "frames"), [(".", 0), ("xxx", 15), ("xxx.", 0), ("xxxxx", 0)])
def test_a_run_of_speech_takes_its_prefix_with_it(pattern: str, frames: int) -> None:
    endpointer = Endpointer(Patience())
    run(endpointer, "." * 50 + pattern, guarded=True)
    assert endpointer.run_ms == frames * FRAME_MS


def test_the_audio_begins_before_the_speech() -> None:
    endpointer = Endpointer(Patience(prefix_ms=320))
    run(endpointer, "." * 50 + "xx")
    assert len(endpointer.audio()) == (10 + 5) * FRAME
    assert endpointer.speaking
    endpointer.reset()
    assert not endpointer.speaking
    assert len(endpointer.audio()) == 0


@pytest.mark.parametrize(
    ("detection", "patience"),
    [
        (Detection(), Patience()),
        (Detection(silence_ms=100), Patience(pause_ms=128, longest_pause_ms=128, judged=False)),
        (Detection(silence_ms=0), Patience(pause_ms=64, longest_pause_ms=64, judged=False)),
        (Detection(silence_ms=700), Patience(longest_pause_ms=704, judged=False)),
        (Detection(silence_ms=700, end_low=True), Patience(longest_pause_ms=704, judged=False)),
        (Detection(silence_ms=1e9), Patience(longest_pause_ms=60_000, judged=False)),
        (Detection(end_low=True), Patience(pause_ms=300, longest_pause_ms=1_350)),
        (Detection(start_low=True), Patience(threshold=0.7, start_frames=3, barge_in_frames=6)),
        (Detection(start_low=True, prefix_padding_ms=64), Patience(threshold=0.7, start_frames=2, barge_in_frames=2)),
        (Detection(prefix_padding_ms=0), Patience(start_frames=1, barge_in_frames=1)),
        (Detection(prefix_padding_ms=20), Patience(start_frames=1, barge_in_frames=1)),
        (Detection(prefix_padding_ms=100), Patience(start_frames=4, barge_in_frames=4)),
        (Detection(prefix_padding_ms=1e9), Patience(start_frames=63, barge_in_frames=63)),
    ],
)
def test_the_clients_wishes_within_bounds(detection: Detection, patience: Patience) -> None:
    assert Patience.of(detection) == patience
