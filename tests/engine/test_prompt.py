"""The model reads the newest of the history that fits, and a prompt whose beginning seldom changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.engine.mind.calling import written
from genmedia_live.engine.mind.prompt import DEFAULT_ROLE, PENDING, STEP, TEMPLATE_TOKENS, fit, joined, paired, system_prompt
from genmedia_live.ports import FunctionCall, Message


def words(text: str) -> int:
    return len(text.split())


def test_the_instructions_are_the_role() -> None:
    assert system_prompt("You are a pirate.").endswith("Role: You are a pirate.")
    assert system_prompt(None).endswith(DEFAULT_ROLE)
    assert system_prompt("  ") == system_prompt(None)


def test_neighbours_of_one_role_are_one_line() -> None:
    lines = [Message("user", "a"), Message("user", "b"), Message("assistant", "c")]
    assert joined(lines) == [Message("user", "a\nb"), Message("assistant", "c")]


def user(text: str = "u") -> Message:
    return Message("user", text)


def agent(*ids: str, text: str = "") -> Message:
    return Message("assistant", text, calls=tuple(FunctionCall("f", {"n": id}, id) for id in ids))


def result(id: str, text: str = "{}") -> Message:
    return Message("tool", text, call=id)


def pending(id: str) -> Message:
    return result(id, PENDING)


def test_calls_and_results_stay_lines_of_their_own() -> None:
    lines = [agent(text="a"), agent("1"), result("1", "x"), result("1", "y"), agent(text="b")]
    assert joined(lines) == lines


@pytest.mark.parametrize(
    ("history", "read"),
    [
        ([agent("1"), result("1")], [agent("1"), result("1")]),
        ([agent("1", "2"), result("2"), result("1"), user()], [agent("1", "2"), result("2"), result("1"), user()]),
        ([agent("1", "2"), result("2"), user()], [agent("1", "2"), result("2"), pending("1"), user()]),
        ([agent("1"), agent(text="b")], [agent("1"), pending("1"), agent(text="b")]),
        ([agent("1")], [agent("1"), pending("1")]),
        ([agent("1"), user(), result("1")], [agent("1"), pending("1"), user(), agent("1"), result("1")]),
        ([agent("1"), result("1", "x"), result("1", "y")], [agent("1"), result("1", "x"), agent("1"), result("1", "y")]),
        (
            [agent("1"), user(), agent("2"), result("1"), result("2")],
            [agent("1"), pending("1"), user(), agent("2"), pending("2"), agent("1"), result("1"), agent("2"), result("2")],
        ),
        ([result("9", "x"), user()], [user("[A function returned] x"), user()]),
        ([], []),
    ],
)
def test_results_follow_their_calls(history: list[Message], read: list[Message]) -> None:
    assert paired(history) == read


def test_a_large_result_leaves_room_for_the_question() -> None:
    history = [user("what is in it"), agent("1", "2"), result("1", "x " * 900), result("2", "y")]
    messages, tokens = fit("s", history, words, 400)
    assert [message.role for message in messages] == ["system", "user", "assistant", "tool", "tool"]
    assert messages[3].text.startswith("x x x")
    assert messages[4].text == "y"
    assert 100 < tokens <= 400


@pytest.mark.parametrize("budget", range(300, 800, 25))
def test_a_prompt_never_begins_with_a_result(budget: int) -> None:
    history = [line for n in range(30) for line in (user(), agent(str(n)), result(str(n)))]
    messages, _ = fit("s", history, words, budget)
    assert messages[1].role != "tool"


lines = st.one_of(
    st.builds(user, st.text("ab ", max_size=40)),
    st.builds(lambda text: agent(text=text), st.text("ab ", max_size=40)),
    st.builds(lambda ids: agent(*ids), st.lists(st.sampled_from("12345"), min_size=1, max_size=3, unique=True)),
    st.builds(result, st.sampled_from("123456"), st.text("ab ", max_size=200)),
)


@given(st.lists(lines, max_size=40), st.integers(60, 400))
def test_no_result_without_its_call(history: list[Message], budget: int) -> None:
    messages, tokens = fit("s", history, words, budget)
    assert tokens == sum(words(written(message)) + TEMPLATE_TOKENS for message in messages)
    assert tokens <= budget
    asked: set[str] = set()
    for message in messages:
        if message.role == "tool":
            assert message.call in asked
            asked.remove(message.call)
        else:
            assert not asked, "each call has its result, and nothing comes between"
            asked = {call.id for call in message.calls}
    assert not asked


def dialogue(turns: int) -> list[Message]:
    return [Message("user" if n % 2 == 0 else "assistant", f"line {n} of it") for n in range(turns)]


def test_all_of_a_short_history_is_read() -> None:
    messages, tokens = fit("be brief", dialogue(4), words, 200)
    assert messages == [Message("system", "be brief"), *dialogue(4)]
    assert tokens == 2 + TEMPLATE_TOKENS + 4 * (4 + TEMPLATE_TOKENS)


def test_old_lines_leave_many_at_a_time() -> None:
    firsts = [fit("s", dialogue(turns), words, 500)[0][1].text for turns in range(1, 160)]
    assert len(set(firsts)) <= 160 / STEP
    assert firsts[-1] != firsts[0]


@given(st.lists(st.integers(0, 300), max_size=30), st.integers(0, 300), st.integers(40, 400))
def test_the_prompt_fits(sizes: list[int], instructions: int, budget: int) -> None:
    history = [Message("user" if n % 2 == 0 else "assistant", "w " * size) for n, size in enumerate(sizes)]
    messages, tokens = fit("s " * instructions, history, words, budget)
    assert tokens == sum(words(message.text) + TEMPLATE_TOKENS for message in messages)
    assert tokens <= budget
    if history:
        assert messages[-1].role == history[-1].role
