import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.engine.mind.eyes.description import MOST_CHARACTERS, described
from genmedia_live.engine.mind.eyes.layout import fitting, rows
from genmedia_live.engine.mind.eyes.objects import KINDS, Thing
from genmedia_live.engine.mind.eyes.reading import Line


def line(text: str, left: float, y: float, height: float = 20) -> Line:
    """A line whose letters are half as wide as high."""
    width = len(text) * height / 2
    return Line(text, left + width / 2, y, width, height)


def thing(kind: str, x: float = 0.5, y: float = 0.5, sure: float = 0.9) -> Thing:
    return Thing(kind, sure, x - 0.1, y - 0.1, x + 0.1, y + 0.1)


def test_a_label_stands_beside_its_value() -> None:
    lines = [line("Price 289 EUR", 300, 41), line("Flight LH 441", 0, 40)]
    assert rows(lines) == ["Flight LH 441 | Price 289 EUR"]


def test_a_table_is_read_row_by_row() -> None:
    cells = [line(f"r{row}c{column}", 150 * column, 40 * row + (column % 2) * 4) for column in range(4) for row in range(3)]
    assert rows(cells) == [f"r{row}c0 | r{row}c1 | r{row}c2 | r{row}c3" for row in range(3)]


def test_words_that_stand_close_are_one_phrase() -> None:
    assert rows([line("Sign", 0, 10), line("in", 48, 10)]) == ["Sign in"]


def test_small_print_beside_a_heading_is_in_its_row() -> None:
    assert rows([line("TOTAL", 0, 50, 60), line("incl. tax", 300, 60, 16)]) == ["TOTAL | incl. tax"]
    assert rows([line("TOTAL", 0, 50, 60), line("below", 0, 100, 16)]) == ["TOTAL", "below"]


def test_lines_of_a_leaning_page_stay_in_their_rows() -> None:
    lean = [line("ab", 100 * column, 30 * row + 3 * column) for row in range(3) for column in range(3)]
    assert rows(lean) == ["ab | ab | ab"] * 3


def test_when_not_all_fits_the_large_letters_stay() -> None:
    small = [line(f"small print number {n}", 0, 100 + 20 * n, 10) for n in range(20)]
    texts, more = fitting([line("HEADING", 0, 20, 40), *small, line("EUR 284.50", 0, 900, 30)], 100)
    assert texts[0] == "HEADING"
    assert texts[-1] == "EUR 284.50", "in the order of the page, though it stands last"
    assert texts[1] == "small print number 0"
    assert len(texts) + more == 22
    assert fitting([], 100) == ([], 0)


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=300), st.floats(0, 1000), st.floats(0, 1000), st.floats(5, 80)), max_size=60)
)
def test_a_description_is_never_too_long(drawn: list[tuple[str, float, float, float]]) -> None:
    lines = [Line(text, x, y, 50.0, height) for text, x, y, height in drawn]
    told = described(lines, [thing(kind) for kind in KINDS[:20]], "a scene", dark=True)
    assert len(told) <= MOST_CHARACTERS


def test_rows_that_are_left_out_are_counted() -> None:
    told = described([line("x" * 100, 0, 30 * n) for n in range(40)], [], None, dark=False)
    assert told.startswith("Text:\nxxx")
    shown = told.count("x" * 100)
    assert 8 <= shown < 40
    assert told.endswith(f"\n({40 - shown} more lines of text are not shown.)")


def test_everything_has_its_line() -> None:
    things = [
        thing("chair", 0.9, 0.9),
        thing("person", 0.2),
        thing("chair", 0.1),
        thing("computer mouse"),
        thing("computer mouse"),
    ]
    assert described([line("OPEN DAILY", 0, 10)], things, "cafe", dark=True).splitlines() == [
        "Objects: 2 chairs (left, bottom right), person (left), 2 computer mice (centre, centre)",
        "Looks like: cafe",
        "Light: dark",
        "Text:",
        "OPEN DAILY",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_plural(kind: str) -> None:
    told = described([], [thing(kind), thing(kind)], None, dark=False)
    assert told == f"Objects: 2 {told.split(' ', 2)[2]}"
    assert f"{kind} (" not in told


@pytest.mark.parametrize(
    ("sought", "sentence"),
    [
        (("text", "object", "scene"), "No text, object or scene was recognised."),
        (("text", "scene"), "No text or scene was recognised."),
        (("text",), "No text was recognised."),
    ],
)
def test_nothing_is_said_to_be_nothing(sought: tuple[str, ...], sentence: str) -> None:
    assert described([], [], None, dark=False, sought=sought) == sentence
    assert described([], [], None, dark=True, sought=sought) == f"Light: dark\n{sentence}"
