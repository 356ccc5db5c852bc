import numpy as np
import pytest

from bench.clips import clip, samples
from bench.wer import errors, normal
from genmedia_live.core.errors import GenmediaError
from genmedia_live.engine.mind import Mind
from genmedia_live.engine.mind.stt import LONGEST, read_pieces, spell, split


def test_the_table_of_pieces() -> None:
    long = b"x" * 200
    table = b"\x00" + b"\x03abc" + bytes([200 % 128 + 128, 200 // 128]) + long
    assert read_pieces(table) == [b"", b"abc", long]


@pytest.mark.parametrize("table", [b"\x05abc", b"\x03abc\x80"])
def test_a_cut_table_is_a_damaged_file(table: bytes) -> None:
    with pytest.raises(GenmediaError) as caught:
        read_pieces(table)
    assert caught.value.code == "model_damaged"


def test_spelling() -> None:
    pieces = [b"<unk>", b"<s>", b"</s>", "\u2581Caf".encode(), b"<0xC3>", b"<0xA9>", "\u2581au".encode(), b"<0xC3>"]
    assert spell([1, 3, 4, 5, 6, 2], pieces) == "Café au"
    assert spell([3, 7], pieces) == "Caf", "half a character is dropped"


def test_long_speech_is_cut_at_the_quietest_place_and_nothing_is_lost() -> None:
    audio = np.ones(2 * LONGEST + 5, np.float32)
    quiet = LONGEST * 7 // 8
    audio[quiet : quiet + 3_200] = 0
    pieces = split(audio)
    assert quiet <= len(pieces[0]) <= quiet + 3_200
    assert all(len(piece) <= LONGEST for piece in pieces)
    assert np.array_equal(np.concatenate(pieces), audio)


@pytest.mark.weights
@pytest.mark.parametrize("name", ["goforward", "austen0870", "austen0930", "beckett"])
def test_a_human_is_understood(mind: Mind, name: str) -> None:
    recording = clip(name)
    assert normal(mind.stt.transcribe(samples(recording))) == recording.words


@pytest.mark.weights
def test_more_than_the_model_takes_at_once(mind: Mind) -> None:
    recording = clip("two_cities")
    audio = samples(recording)
    assert len(audio) > LONGEST
    wrong, words = errors(recording.words, mind.stt.transcribe(audio))
    assert wrong / words < 0.1


@pytest.mark.weights
def test_no_words_where_none_were(mind: Mind) -> None:
    assert mind.stt.transcribe(np.zeros(0, np.float32)) == ""
    assert mind.stt.transcribe(np.ones(800, np.float32)) == ""
    assert mind.stt.transcribe(samples(clip("austen0930")), lambda: True) == ""
