"""Scripts in virtual time: what happens goes in, cues come out."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import Any

import pytest

from genmedia_live.core.limits import Limits
from genmedia_live.engine.dialogue.cues import (
    Call,
    Cancel,
    Completed,
    Cue,
    Director,
    Directors,
    Drop,
    Garbage,
    Hangup,
    Heard,
    Interrupt,
    Leave,
    Opened,
    Refuse,
    Repeat,
    Returned,
    Say,
    Shown,
    SpeechBegan,
    Stall,
    Voiced,
    Wait,
)
from genmedia_live.engine.script.director import ScriptDirectors
from genmedia_live.engine.script.load import read_script


def directors(rules: str = "", limits: Limits | None = None, **top: Any) -> ScriptDirectors:
    head = "".join(f"{name}: {value}\n" for name, value in top.items())
    listed = "rules:\n" + indent(dedent(rules), "  ") if rules else ""
    return ScriptDirectors(read_script(f"version: 1\n{head}{listed}"), limits)


class Play:
    """One session under direction, and its clock."""

    def __init__(self, over: Directors, resumed: bool = False) -> None:
        self.now = 50.0
        self.director: Director = over.direct()
        self.done: list[list[Cue]] = []
        self.see(Opened(resumed))

    def see(self, what: Any) -> None:
        self.director.observe(what, self.now)
        self._drain()

    def _drain(self) -> None:
        while cues := self.director.cues():
            self.done.append(list(cues))

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while (due := self.director.timer()) is not None and due <= end:
            self.now = max(self.now, due)
            self.director.handle_timer(self.now)
            self._drain()
        self.now = end

    def ask(self, text: str, typed: bool = True) -> list[Cue] | None:
        self.see(Heard(text, typed))
        return self.answer()

    def answer(self) -> list[Cue] | None:
        cues = self.director.answer(self.now)
        return None if cues is None else list(cues)

    def returns(self, name: str, **response: Any) -> list[Cue] | None:
        self.see(Returned(name, response))
        return self.answer()


CUES = [
    ("say: Hello.", Say("Hello.")),
    ("say: {text: Hello., paced: true}", Say("Hello.", paced=True)),
    ("say: {silent: true}", Say("", silent=True)),
    ("call: look", Call("look", {}, True)),
    ("call: {name: look, args: {at: [1, {x: null}]}, blocking: false}", Call("look", {"at": [1, {"x": None}]}, False)),
    ("cancel", Cancel()),
    ("wait: 2", Wait(2.0)),
    ("interrupt", Interrupt()),
    ("go_away: 9.5", Leave(9.5)),
    ("close: 1011", Hangup(1011, "")),
    ("close: {code: 1008, reason: gone}", Hangup(1008, "gone")),
    ("drop", Drop()),
    ("drop: true", Drop()),
    ("stall: 1.5", Stall(1.5)),
    ("stall: forever", Stall(None)),
    ("repeat: 3", Repeat(3)),
    ("send: '}'", Garbage("}")),
    ("send: {json: {goAway: {}}}", Garbage(b'{"goAway": {}}')),
    ("send: {base64: AAH/}", Garbage(b"\x00\x01\xff")),
    ("send: {text: ä, size: 4}", Garbage("ä  ")),
    ("send: {json: [], size: 5}", Garbage(b"[]   ")),
    ("send: {size: 4}", Garbage(b"{}  ")),
    ("refuse: 2", Refuse(1008, "BidiGenerateContent session not found", 2, True)),
    ("refuse: {resumes_only: false}", Refuse(1011, "The service is currently unavailable.", 1, False)),
    ("refuse: {code: 1013, reason: ''}", Refuse(1013, "", 1, True)),
]


@pytest.mark.parametrize(("line", "cue"), CUES, ids=[line for line, _ in CUES])
def test_a_line_is_a_cue(line: str, cue: Cue):
    play = Play(
        directors(
            f"- when: {{connected: true}}\n  do: [{line}]"
            if ":" not in line
            else f"- when: {{connected: true}}\n  do:\n    - {line}"
        )
    )
    assert play.done == [[cue]]


def test_every_voice_is_paced_where_the_script_says_so():
    play = Play(directors("- when: {heard: true}\n  do: [say: a, say: {text: b, paced: false}]", paced="true"))
    assert play.ask("x") == [Say("a", paced=True), Say("b", paced=False)]


# ---- what is heard


ORDERS = r"""
- when: {heard: [refund, money back]}
  do: [say: "One moment.", wait: 0.5, say: "You said {heard}."]
- when: {heard: '/order (?P<id>\d+)/'}
  do: [say: "Order {id}, that is {1}."]
- when: {heard: true}
  typed: false
  do: [say: "I heard you."]
"""


def test_the_first_rule_that_hears_something_answers_it():
    play = Play(directors(ORDERS))
    assert play.ask("My money back!") == [Say("One moment."), Wait(0.5), Say("You said My money back!.")]
    assert play.ask("a refund for order 12") == [Say("One moment."), Wait(0.5), Say("You said a refund for order 12.")]
    assert play.ask("order 12") == [Say("Order 12, that is 12.")]
    assert play.ask("1.3 seconds of speech", typed=False) == [Say("I heard you.")]
    assert play.ask("something else") is None
    assert play.done == []


def test_of_several_things_said_at_once_the_last_that_a_rule_hears_is_answered():
    play = Play(directors(ORDERS))
    play.see(Heard("order 1", True))
    play.see(Heard("order 2", True))
    play.see(Heard("please", True))
    assert play.answer() == [Say("Order 2, that is 2.")]
    assert play.ask("well") is None


@pytest.mark.parametrize(
    ("otherwise", "cues"),
    [
        ("mind", None),
        ("echo", [Say("hello")]),
        ("silence", [Say("", silent=True)]),
        ('[say: "Pardon? {heard}?", repeat: 2]', [Say("Pardon? hello?"), Repeat(2)]),
    ],
)
def test_what_no_rule_hears_is_answered_otherwise(otherwise: str, cues: list[Cue] | None):
    assert Play(directors(otherwise=otherwise)).ask("hello") == cues


def test_an_answer_that_nothing_was_said_to_hears_nothing():
    assert Play(directors(otherwise="echo")).answer() == [Say("", silent=True)]
    assert Play(directors("- when: {heard: true}\n  do: [say: Hello.]")).answer() == [Say("Hello.")]


def test_what_does_not_speak_is_done_beside_the_answer():
    play = Play(directors("- when: {heard: bye}\n  do: [wait: 1, close: 1000]\n- when: {heard: bye}\n  do: [say: Bye.]"))
    assert play.ask("bye") == [Say("Bye.")]
    assert play.done == [[Wait(1.0), Hangup(1000, "")]]


def test_rules_that_fire_a_few_times_are_heard_in_their_order():
    play = Play(directors("- when: {heard: true}\n  times: 2\n  do: [say: a]\n- when: {heard: true}\n  times: 1\n  do: [say: b]"))
    assert [play.ask("x") for _ in range(4)] == [[Say("a")], [Say("a")], [Say("b")], None]


# ---- functions


def test_what_follows_a_call_waits_for_its_result():
    play = Play(directors("- when: {heard: order}\n  do: [say: a, call: one, call: two, say: b, call: three, say: c]"))
    assert play.ask("order") == [Say("a"), Call("one"), Call("two")]
    assert play.returns("one") == [Say("b"), Call("three")]
    assert play.returns("three") == [Say("c")]
    play.see(Completed(1, broken=False))
    assert play.ask("order") == [Say("a"), Call("one"), Call("two")]


def test_what_follows_a_call_that_nothing_waits_for_is_done_at_once():
    play = Play(directors("- when: {heard: true}\n  do: [call: {name: f, blocking: false}, say: b]"))
    assert play.ask("x") == [Call("f", blocking=False), Say("b")]


def test_a_call_that_is_cancelled_is_not_waited_for():
    play = Play(directors("- when: {heard: true}\n  do: [call: f, wait: 1, cancel, say: Never mind.]"))
    assert play.ask("x") == [Call("f"), Wait(1.0), Cancel(), Say("Never mind.")]


def test_what_waited_for_a_result_is_forgotten_when_the_user_breaks_in():
    play = Play(directors("- when: {heard: order}\n  do: [call: f, say: b]"))
    play.ask("order")
    play.see(Completed(1, broken=True))
    assert play.ask("stop") is None
    assert play.returns("f") is None


def test_what_is_said_while_a_call_waits_is_answered_after_it():
    play = Play(directors("- when: {heard: order}\n  do: [call: f, say: b]\n- when: {heard: hello}\n  do: [say: Hello.]"))
    play.ask("order")
    play.see(Heard("hello", True))
    assert play.returns("f") == [Say("b")]
    play.see(Completed(1, broken=False))
    assert play.answer() == [Say("Hello.")]


RESULTS = """
- when: {returned: f}
  do: [say: "It is {state}, {count} times, {rate}, {sure}; {list} {heard}"]
- when: {returned: true}
  do: [go_away: 5]
"""


def test_a_result_is_answered_with_its_plain_values():
    play = Play(directors(RESULTS))
    assert play.ask("x") is None
    said = "It is sent, 2 times, 1.5, yes; {list} x"
    assert play.returns("f", result={"state": "sent", "count": 2.0}, output="?", rate=1.5, sure=True, list=[1]) == [Say(said)]
    assert play.done == [[Leave(5.0)]]


def test_the_first_rule_that_speaks_answers_a_result():
    play = Play(directors(RESULTS + "- when: {returned: f}\n  do: [call: g]\n- when: {heard: true}\n  do: [say: Hello.]"))
    assert play.returns("f", state="sent") == [Say("It is sent, {count} times, {rate}, {sure}; {list}")]
    assert play.done == [[Leave(5.0)]]


def test_to_call_is_to_answer():
    play = Play(directors("- when: {heard: true}\n  do: [call: f]"))
    assert play.ask("x") == [Call("f")]
    assert play.done == []


def test_a_result_without_a_rule_is_the_minds_unless_it_has_nothing_to_say():
    assert Play(directors(RESULTS)).returns("g") is None
    assert Play(directors(RESULTS, otherwise="echo")).returns("g") == [Say("", silent=True)]


def test_a_result_and_what_was_said_beside_it_are_answered_together():
    play = Play(directors("- when: {returned: f}\n  do: [say: Done.]\n- when: {heard: hello}\n  do: [say: Hello.]"))
    play.see(Returned("f", {}))
    assert play.ask("hello") == [Say("Hello."), Say("Done.")]
    play.see(Returned("f", {}))
    assert play.ask("else") == [Say("Done.")]
    assert play.ask("else") is None


# ---- what happens


def happening(trigger: str) -> Play:
    return Play(directors(f"- when: {{{trigger}}}\n  do: [drop]"))


def test_a_connection():
    assert happening("connected: true").done == [[Drop()]]


def test_speech_and_pictures():
    play = happening("speech: true")
    play.see(SpeechBegan())
    play.see(SpeechBegan())
    assert len(play.done) == 2
    play = happening("shown: 3")
    for pictures, done in ((1, 0), (2, 0), (4, 1), (5, 1)):
        play.see(Shown(pictures))
        assert len(play.done) == done


def test_so_much_voice_of_each_answer():
    play = happening("spoken: 0.8")
    for seconds in (0.4, 0.79, 0.81, 1.6):
        play.see(Voiced(seconds))
    play.see(Voiced(0.1))
    play.see(Voiced(0.9))
    assert len(play.done) == 1
    play.see(Completed(1, broken=True))
    play.see(Voiced(0.5))
    assert len(play.done) == 1, "the next answer begins anew"
    play.see(Voiced(0.8))
    assert len(play.done) == 2


def test_the_first_voice():
    play = happening("spoken: 0")
    play.see(Voiced(0.08))
    play.see(Voiced(0.16))
    assert len(play.done) == 1


@pytest.mark.parametrize(("trigger", "fired"), [("turn: 2", [2]), ("turn: true", [1, 2, 3]), ("interrupted: true", [2])])
def test_turns(trigger: str, fired: list[int]):
    play = happening(trigger)
    counts = []
    for turn in (1, 2, 3):
        play.see(Completed(turn, broken=turn == 2))
        counts.append(len(play.done))
    assert counts == [sum(one <= turn for one in fired) for turn in (1, 2, 3)]


def test_time():
    play = happening("after: 3")
    play.wait(2.9)
    assert play.done == []
    play.wait(0.2)
    assert play.done == [[Drop()]]
    assert play.director.timer() is None


def test_times_come_in_their_order():
    rules = "".join(f"- when: {{after: {after}}}\n  do: [repeat: {after}]\n" for after in (3, 1, 2, 4))
    play = Play(directors(rules))
    play.wait(1)
    assert play.done == [[Repeat(1)]]
    play.now += 5
    play.director.handle_timer(play.now)
    play.wait(0)
    assert play.done == [[Repeat(1)], [Repeat(2)], [Repeat(3)], [Repeat(4)]], "a late timer keeps the order, too"


def test_rules_that_fire_together_are_handed_out_one_by_one():
    over = directors("- when: {connected: true}\n  do: [wait: 5, drop]\n- when: {connected: true}\n  do: [say: Hello.]")
    director = over.direct()
    assert director.timer() is None
    director.observe(Opened(False), 7.0)
    assert director.cues() == [Wait(5.0), Drop()]
    assert director.timer() == 7.0, "there is more to be done"
    assert director.cues() == [Say("Hello.")]
    assert director.cues() == ()
    assert director.timer() is None


def test_an_unasked_call_holds_what_follows_too():
    play = Play(directors("- when: {connected: true}\n  do: [call: f, say: b]\n- when: {turn: 9}\n  do: [repeat: 1]"))
    assert play.done == [[Call("f")]]
    play.see(Completed(8, broken=False))
    assert play.returns("f") is None, "that turn is over"
    play = Play(directors("- when: {connected: true}\n  do: [call: f, say: b]\n- when: {shown: 1}\n  do: [repeat: 1]"))
    play.see(Shown(1))
    assert play.returns("f") == [Say("b")]


# ---- what outlives a session


def test_rules_for_one_connection():
    over = directors(
        "- when: {connected: true}\n  connection: 2\n  do: [drop]\n- when: {connected: true}\n  resumed: true\n  do: [repeat: 1]"
    )
    assert [Play(over, resumed).done for resumed in (False, False, True)] == [[], [[Drop()]], [[Repeat(1)]]]


def test_rules_for_new_sessions_only():
    over = directors("- when: {connected: true}\n  resumed: false\n  do: [drop]")
    assert [len(Play(over, resumed).done) for resumed in (False, True)] == [1, 0]


def test_a_time_comes_once_and_other_things_as_often_as_they_happen():
    over = directors(
        "- when: {after: 1}\n  do: [drop]\n- when: {connected: true}\n  do: [repeat: 1]\n"
        "- when: {after: 2}\n  times: 2\n  do: [cancel]"
    )
    done = []
    for _ in range(3):
        play = Play(over)
        play.wait(5)
        done.append(play.done)
    assert done == [[[Repeat(1)], [Drop()], [Cancel()]], [[Repeat(1)], [Cancel()]], [[Repeat(1)]]]


def test_firings_are_counted_over_sessions_at_the_same_time():
    over = directors("- when: {after: 1}\n  do: [drop]")
    plays = [Play(over), Play(over)]
    for play in plays:
        play.wait(2)
    assert [len(play.done) for play in plays] == [1, 0]


def test_a_rule_that_sets_itself_off_rests_after_a_while():
    over = directors("- when: {turn: true}\n  do: [say: {silent: true}]", Limits(script_firings=3))
    play = Play(over)
    for turn in range(9):
        play.see(Completed(turn, broken=False))
    assert len(play.done) == 3
    play = Play(over)
    play.see(Completed(1, broken=False))
    assert len(play.done) == 1


def test_resumes_are_refused_so_many_times():
    over = directors()
    over.refuse(Refuse(1008, "gone", 2))
    assert [over.refusal(resumes) for resumes in (False, True, False, True, True)] == [
        None,
        (1008, "gone"),
        None,
        (1008, "gone"),
        None,
    ]


def test_all_set_ups_are_refused_from_the_beginning():
    over = directors(refuse="{times: 2, resumes_only: false, code: 1013, reason: later}")
    over.refuse(Refuse(1008, "gone"))
    assert [over.refusal(resumes) for resumes in (False, True, True, False)] == [
        (1013, "later"),
        (1013, "later"),
        (1008, "gone"),
        None,
    ]


def test_refusals_are_bounded():
    over = directors(limits=Limits(script_rules=2))
    for _ in range(5):
        over.refuse(Refuse(1008, "gone"))
    assert [over.refusal(True) is None for _ in range(3)] == [False, False, True]


def test_the_same_script_with_the_same_input_does_the_same():
    def run() -> list[Any]:
        over = directors(ORDERS + "- when: {after: 2}\n  do: [go_away: 1]")
        said = []
        for _ in range(2):
            play = Play(over)
            said += [play.ask(text) for text in ("order 7", "hm", "refund")]
            play.wait(3)
            said += play.done
        return said

    assert run() == run()
