"""The model reads the newest of the history that fits, and a prompt whose beginning seldom changes."""

from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.engine.prompt import DEFAULT_ROLE, STEP, TEMPLATE_TOKENS, fit, joined, system_prompt
from genmedia_live.ports import Message


def words(text: str) -> int:
    return len(text.split())


def test_the_instructions_are_the_role() -> None:
    assert system_prompt("You are a pirate.").endswith("Role: You are a pirate.")
    assert system_prompt(None).endswith(DEFAULT_ROLE)
    assert system_prompt("  ") == system_prompt(None)


def test_neighbours_of_one_role_are_one_line() -> None:
    lines = [Message("user", "a"), Message("user", "b"), Message("assistant", "c")]
    assert joined(lines) == [Message("user", "a\nb"), Message("assistant", "c")]


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
