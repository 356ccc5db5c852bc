import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from genmedia_live.engine.mind.eyes.looking import LocalEyes, Parts, local_eyes
from genmedia_live.engine.mind.eyes.objects import Thing
from genmedia_live.engine.mind.eyes.reading import Line
from genmedia_live.engine.weights.manifest import EYES, OBJECTS, TEXT_READER
from tests.engine.drawing import BOARDING_PASS, FLIGHTS, HEADING, coded, noise, page, placed, sign, street

NOTHING = "No text, object or scene was recognised."
PICTURES = Path(__file__).with_name("pictures")


@dataclass
class Part:
    """Any of the three models: it answers what it is told to, and remembers that it was asked."""

    answer: object
    then: Callable[[], object] = lambda: None
    asked: list[tuple[int, int]] = field(default_factory=list)

    def find(self, picture: Image.Image) -> object:
        self.asked.append(picture.size)
        self.then()
        return self.answer

    guess = find

    def read(self, picture: Image.Image, cancelled: Callable[[], bool]) -> object:
        return self.find(picture)


def parts(lines: object = (), things: object = (), scene: str | None = None) -> Parts:
    return Parts(Part(lines), Part(things), Part(scene))


def eyes_of(found: Parts) -> LocalEyes:
    return LocalEyes(lambda: found)


def test_what_each_part_finds_is_told() -> None:
    found = parts([Line("OPEN", 50, 50, 40, 20)], [Thing("cat", 0.9, 0, 0, 0.2, 0.2)], "tabby")
    assert eyes_of(found).look(coded(sign())) == "Objects: cat (top left)\nLooks like: tabby\nText:\nOPEN"


def test_models_are_loaded_at_the_first_look_and_once() -> None:
    loaded: list[int] = []

    def load() -> Parts:
        loaded.append(1)
        return parts()

    eyes = LocalEyes(load)
    assert loaded == []
    for _ in range(2):
        assert eyes.look(coded(sign())) == NOTHING
    assert loaded == [1]


def test_what_is_no_picture_costs_no_model() -> None:
    def load() -> Parts:
        raise AssertionError("a model is loaded")

    eyes = LocalEyes(load)
    for data in (b"", b"<svg/>", coded(sign())[:200]):
        with pytest.raises(ValueError, match="picture"):
            eyes.look(data)


def test_a_look_is_called_off_between_its_parts() -> None:
    asked = ["finder", "guesser", "reader"]
    for stop in range(3):
        found = Parts(Part(()), Part(()), Part(None))

        def used(found: Parts = found) -> list[str]:
            return [name for name in asked if getattr(found, name).asked]

        assert eyes_of(found).look(coded(sign()), lambda stop=stop, used=used: len(used()) > stop) == ""
        assert used() == asked[: stop + 1]
    untouched = parts()
    assert eyes_of(untouched).look(b"not even a picture", lambda: True) == ""


def test_one_picture_is_looked_at_at_a_time() -> None:
    inside, free, most = [0], threading.Event(), [0]

    def work() -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        free.wait(0.05)
        inside[0] -= 1

    eyes = eyes_of(Parts(Part(()), Part((), work), Part(None)))
    threads = [threading.Thread(target=eyes.look, args=(coded(sign()),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == [1]


def test_the_shared_screen_is_no_monitor() -> None:
    whole, there = Thing("monitor", 0.7, 0, 0, 1, 0.95), Thing("monitor", 0.6, 0.1, 0.2, 0.5, 0.6)
    assert eyes_of(parts(things=[whole])).look(coded(sign())) == NOTHING
    assert eyes_of(parts(things=[whole, there])).look(coded(sign())) == "Objects: monitor (left)"


@pytest.mark.parametrize(
    ("picture", "lines", "dark"),
    [
        (Image.new("RGB", (64, 48), (4, 4, 6)), 0, True),
        (Image.new("RGB", (64, 48), (200, 200, 200)), 0, False),
        (sign().point(lambda value: value // 6), 2, True),
        (page(dark=True), 30, False),
    ],
    ids=["black", "grey", "a sign at night", "a dark page"],
)
def test_darkness_is_told(picture: Image.Image, lines: int, dark: bool) -> None:
    read = [Line("text", 9, 30 * n, 9, 9) for n in range(lines)]
    assert ("Light: dark" in eyes_of(parts(read)).look(coded(picture))) is dark


def test_what_is_not_there_is_not_looked_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert local_eyes(tmp_path) is None
    assert getattr(caplog.records[0], "files", "") == ", ".join(weight.name for weight in EYES)
    assert eyes_of(Parts(reader=Part(()))).look(coded(sign())) == "No text was recognised."


# ---- with the real models


@pytest.fixture(scope="module")
def eyes(weights_dir: Path) -> LocalEyes:
    found = local_eyes(weights_dir)
    assert found is not None
    return found


def text_of(told: str) -> list[str]:
    """The rows of text in a description."""
    return told.partition("Text:\n")[2].splitlines()


def plain(rows: Iterable[str]) -> list[str]:
    """Without what it may get wrong: a space more or less, and the case of a letter whose shape is the same in both."""
    return [row.replace(" ", "").casefold() for row in rows]


@pytest.mark.weights
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_it_reads_a_sign(eyes: LocalEyes, kind: str) -> None:
    assert plain(text_of(eyes.look(coded(sign(), kind)))) == ["opendaily", "8-18"]


@pytest.mark.weights
@pytest.mark.parametrize("degrees", [0, 3, 14, -20])
def test_it_reads_a_sign_that_leans(eyes: LocalEyes, degrees: float) -> None:
    assert text_of(eyes.look(coded(street(degrees)))) == ["ELM STREET 1200"]


@pytest.mark.weights
def test_it_reads_a_boarding_pass(eyes: LocalEyes) -> None:
    told = eyes.look(coded(placed((900, 400), BOARDING_PASS)))
    assert text_of(told) == [
        "BOARDING PASS | SKYFARE AIR",
        "PASSENGER | FLIGHT | GATE",
        "ADA LOVELACE | LH 441 | B12",
        "FROM | TO | SEAT | BOARDING",
        "Munich | Lisbon | 14C | 09:05",
        "Gate closes 20 minutes before departure.",
    ]


@pytest.mark.weights
@pytest.mark.parametrize("dark", [False, True])
def test_it_reads_a_table_row_by_row(eyes: LocalEyes, dark: bool) -> None:
    read = text_of(eyes.look(coded(page(dark))))
    assert read[0] == HEADING
    assert plain(read[1:-1]) == plain("|".join(row) for row in FLIGHTS)
    assert " | EUR 142.75" in read[-2]
    assert read[-1] == "Prices include taxes and one bag of up to 8 kg."


@pytest.mark.weights
@pytest.mark.parametrize("size", [11, 13, 16, 40, 90])
def test_it_reads_small_and_large_letters(eyes: LocalEyes, size: int) -> None:
    text = "Invoice 4711, total $ 1,234.56" if size < 50 else "Total 56"
    read = text_of(eyes.look(coded(placed((1024, 640), [(60, 200, size, text)]))))
    assert plain(read) == plain([text])


@pytest.mark.weights
def test_it_reads_a_still_of_four_megapixels(eyes: LocalEyes) -> None:
    texts = [(100, 60 + 52 * row, 22, f"Line {row}: gate B{row + 10}") for row in range(24)]
    assert text_of(eyes.look(coded(placed((2048, 1400), texts)))) == [text for *_, text in texts]


@pytest.mark.weights
def test_a_page_with_more_than_fits_tells_how_much_more(eyes: LocalEyes) -> None:
    texts = [(20, 10 + 22 * row, 15, f"Paragraph {row} says that nothing of note has happened today") for row in range(40)]
    told = eyes.look(coded(placed((700, 900), texts)))
    assert len(told) <= 1_200
    assert text_of(told)[0].startswith("Paragraph 0 says")
    assert told.endswith("more lines of text are not shown.)")


@pytest.mark.weights
def test_it_names_what_photographs_show(eyes: LocalEyes) -> None:
    assert eyes.look((PICTURES / "cat.jpg").read_bytes()) == "Objects: cat (centre)\nLooks like: Egyptian Mau"
    assert eyes.look((PICTURES / "coffee.jpg").read_bytes()) == "Objects: coffee cup (centre)\nLooks like: espresso"


@pytest.mark.weights
@pytest.mark.parametrize(
    "picture",
    [Image.new("RGB", (640, 480), "#c8c8c8"), Image.new("RGB", (1, 1)), Image.new("RGB", (2000, 3), "white"), noise(1), noise(2)],
    ids=["blank", "a pixel", "a thread", "noise", "other noise"],
)
def test_where_there_is_nothing_it_says_so(eyes: LocalEyes, picture: Image.Image) -> None:
    assert eyes.look(coded(picture)).endswith(NOTHING)


@pytest.mark.weights
def test_the_same_picture_is_told_in_the_same_words(eyes: LocalEyes) -> None:
    picture = coded(page())
    assert eyes.look(picture) == eyes.look(picture)


@pytest.mark.weights
def test_reading_is_called_off_between_batches(eyes: LocalEyes) -> None:
    asked = [0]

    def cancelled() -> bool:
        asked[0] += 1
        return False

    eyes.look(coded(page()), cancelled)
    whole, asked[0] = asked[0], 0
    assert whole > 8, "a page of lines is read in several batches"
    for stop in (4, whole - 1):
        asked[0] = 0

        def stopped(stop: int = stop) -> bool:
            asked[0] += 1
            return asked[0] >= stop

        assert eyes.look(coded(page()), stopped) == ""
        assert asked[0] <= stop + 2


@pytest.mark.weights
def test_without_one_model_the_others_see(weights_dir: Path, tmp_path: Path) -> None:
    for weight in EYES:
        if weight not in (OBJECTS, TEXT_READER):
            (tmp_path / weight.name).symlink_to(weights_dir / weight.name)
    found = local_eyes(tmp_path)
    assert found is not None
    assert found.look((PICTURES / "cat.jpg").read_bytes()) == "Looks like: Egyptian Mau"
    assert found.look(coded(noise())) == "No scene was recognised."
