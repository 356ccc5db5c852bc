"""Whole conversations as scripts in virtual time."""

from dataclasses import replace

from genmedia_live.core import actions as act
from genmedia_live.core import events as ev
from genmedia_live.core.capabilities import Capabilities
from genmedia_live.core.errors import PROBLEMS
from genmedia_live.core.record import SessionRecord, SessionSettings, Turn
from tests.core.script import SETTINGS, Play, messages, mic, voice


def captions(play: Play, role: str) -> list[tuple[int, str, bool, bool]]:
    return [(c.turn, c.text, c.final, c.cut) for c in play.said(act.Caption) if isinstance(c, act.Caption) and c.role == role]


def ends(play: Play) -> list[tuple[int, str, str | None]]:
    return [(e.turn, e.state, e.why) for e in play.said(act.TurnEnd) if isinstance(e, act.TurnEnd)]


def spoken_question(play: Play, words: str = "How are you?") -> None:
    play.browser(mic(0))
    play.model(ev.UserActivity(True), ev.InputCaption(words.split()[0], interim=True))
    play.model(ev.UserActivity(False), ev.InputCaption(words, final=True))


def test_a_spoken_exchange() -> None:
    play = Play().started()
    spoken_question(play)
    assert play.state() == "thinking"
    play.model(ev.OutputCaption("I am well."), voice(400))
    assert play.state() == "speaking"
    play.model(ev.GenerationComplete(), ev.TurnComplete())
    play.browser(ev.Played(1, 400))
    assert captions(play, "user") == [
        (1, "How", False, False),
        (1, "How are you?", False, False),
        (1, "How are you?", True, False),
    ]
    assert captions(play, "agent")[-1] == (1, "I am well.", True, False)
    assert ends(play) == [(1, "complete", None)]
    assert play.sound_ms(1) == 400
    assert play.state() == "listening"


def test_the_end_of_a_turn_comes_after_the_last_of_its_voice() -> None:
    play = Play().started()
    play.browser(ev.Text("Tell me a story"))
    play.model(ev.OutputCaption("Once"), voice(5_000), ev.GenerationComplete(), ev.TurnComplete())
    assert play.sound_ms(1) == 1_200
    assert ends(play) == []
    for heard in range(200, 5_001, 200):
        play.browser(ev.Played(1, heard))
    assert play.sound_ms(1) == 5_000
    last_audio = max(i for i, m in enumerate(play.said()) if isinstance(m, act.Audio))
    end = next(i for i, m in enumerate(play.said()) if isinstance(m, act.TurnEnd))
    assert last_audio < end
    assert [m.chunk.seq for m in play.said(act.Audio) if isinstance(m, act.Audio)] == list(range(50))


def test_barge_in_flushes_drops_and_cuts_at_what_was_heard() -> None:
    play = Play().started()
    spoken_question(play)
    play.model(ev.OutputCaption("One two three four."), voice(1_000), ev.OutputCaption(" Five six seven eight."), voice(1_000))
    play.browser(ev.Played(1, 400))
    new = messages(play.model(ev.UserActivity(True), ev.Interrupted()))
    assert new[0] == act.Flush(1)
    assert not [m for m in messages(play.model(voice(500))) if isinstance(m, act.Audio)], "late voice of the old turn"
    play.browser(ev.Played(1, 500, flushed=True))
    assert captions(play, "agent")[-1] == (1, "One two", True, True)
    assert ends(play) == [(1, "interrupted", "barge_in")]
    play.model(ev.TurnComplete())
    assert len(ends(play)) == 1, "the model's own end of the turn is not a second one"
    play.model(ev.InputCaption("Stop.", final=True), ev.UserActivity(False), ev.OutputCaption("Yes?"), voice(100))
    assert captions(play, "agent")[-1][:2] == (2, "Yes?")
    assert play.sound_ms(2) == 100


def test_a_page_that_does_not_answer_the_flush_is_waited_for_half_a_second() -> None:
    play = Play().started()
    play.browser(ev.Text("Count"))
    play.model(ev.OutputCaption("One two three four."), voice(1_000))
    play.browser(ev.Played(1, 250))
    play.model(ev.Interrupted())
    play.wait(0.49)
    assert ends(play) == []
    play.wait(0.02)
    assert ends(play) == [(1, "interrupted", "barge_in")]
    assert captions(play, "agent")[-1] == (1, "One", True, True)


def test_captions_without_alignment_are_cut_by_the_share_of_the_voice() -> None:
    play = Play(capabilities=Capabilities()).started()
    play.model(ev.InputCaption("Go"), ev.OutputCaption("a b c d e f g h i j"), voice(1_000))
    play.model(ev.Interrupted())
    play.browser(ev.Played(1, 500, flushed=True))
    assert captions(play, "agent")[-1] == (1, "a b c d e", True, True)


def test_a_quick_voice_that_was_all_heard_is_not_cut() -> None:
    play = Play().started()
    play.browser(ev.Text("Go"))
    play.model(ev.OutputCaption("All of this was heard."), voice(400), ev.GenerationComplete())
    play.browser(ev.Played(1, 400))
    play.model(ev.Interrupted())
    play.browser(ev.Played(1, 400, flushed=True))
    assert captions(play, "agent")[-1] == (1, "All of this was heard.", True, False)


def test_words_said_under_the_last_voice_are_final_at_the_end() -> None:
    play = Play().started()
    play.browser(ev.Text("Go"))
    play.model(ev.OutputCaption("Going."), voice(400), ev.InputCaption("And then?", final=True))
    play.browser(ev.Stop())
    assert captions(play, "user")[-1] == (2, "And then?", True, False)


def test_typing_over_the_voice_silences_it_and_the_old_answer_stays_silent() -> None:
    play = Play().started()
    play.browser(ev.Text("Tell me a story"))
    play.model(ev.OutputCaption("Once upon a time"), voice(900))
    new = messages(play.browser(ev.Text("Stop. What time is it?")))
    assert act.Flush(1) in new
    assert [
        m for m in messages(play.model(voice(300), ev.OutputCaption(" there was"))) if isinstance(m, act.Audio | act.Caption)
    ] == []
    play.model(ev.Interrupted(), ev.TurnComplete(), ev.OutputCaption("Noon."), voice(200))
    play.browser(ev.Played(1, 900, flushed=True))
    play.model(ev.GenerationComplete(), ev.TurnComplete())
    play.browser(ev.Played(2, 200))
    assert ends(play) == [(1, "interrupted", "typed"), (2, "complete", None)]
    assert captions(play, "agent")[-1] == (2, "Noon.", True, False)


def test_silencing_by_hand_after_all_was_generated() -> None:
    play = Play().started()
    play.browser(ev.Text("Tell me a story"))
    play.model(ev.OutputCaption("Once upon a time"), voice(3_000), ev.GenerationComplete())
    play.browser(ev.Interrupt(1), ev.Played(1, 100, flushed=True))
    assert ends(play) == [(1, "interrupted", "by_hand")]
    play.wait(3)
    play.model(ev.TurnComplete())
    play.browser(ev.Text("And now?"))
    play.model(ev.OutputCaption("The end."), voice(100), ev.GenerationComplete(), ev.TurnComplete())
    assert ends(play)[1:] == [(2, "complete", None)]
    assert play.sound_ms(2) == 100


def test_an_old_turns_number_silences_nothing() -> None:
    play = Play().started()
    play.browser(ev.Text("Hello"))
    play.model(ev.OutputCaption("Hi"), voice(100))
    assert messages(play.browser(ev.Interrupt(0))) == []


def test_two_texts_before_the_answer_are_one_exchange() -> None:
    play = Play().started()
    play.browser(ev.Text("One"), ev.Text("Two"))
    play.model(
        ev.Interrupted(), ev.TurnComplete(), ev.OutputCaption("Both."), voice(100), ev.GenerationComplete(), ev.TurnComplete()
    )
    assert captions(play, "user")[-1] == (1, "One\nTwo", True, False)
    assert ends(play) == [(1, "complete", None)]


def test_a_late_input_caption_belongs_to_the_exchange_that_is_answered() -> None:
    play = Play(capabilities=Capabilities()).started()
    play.model(ev.OutputCaption("Sure"), voice(100), ev.InputCaption(" Can you"), ev.InputCaption(" help?"), ev.TurnComplete())
    assert captions(play, "user")[-1] == (1, "Can you help?", True, False)


def test_an_answer_that_never_comes_ends_the_turn() -> None:
    play = Play().started()
    play.browser(ev.Text("Hello"))
    play.wait(19.9)
    assert play.state() == "thinking"
    play.wait(0.2)
    assert ends(play) == [(1, "complete", "no_answer")]
    assert play.state() == "listening"


def test_a_page_that_never_reports_does_not_hold_the_voice_for_ever() -> None:
    play = Play().started()
    play.browser(ev.Text("Go"))
    play.model(voice(3_000), ev.TurnComplete())
    assert play.sound_ms(1) == 1_200
    play.wait(40)
    assert play.sound_ms(1) == 3_000
    assert play.state() == "listening"


def test_voice_said_while_connecting_is_kept_in_order() -> None:
    play = Play()
    play.session.start(play.now)
    play.browser(mic(0), mic(1), ev.Text("typed"), mic(2))
    assert play.to_model() == []
    play.session.model_opened(play.link(), play.capabilities, play.now)
    sent = play.to_model()
    assert [m.chunk.seq if isinstance(m, act.SendAudio) else m for m in sent] == [0, 1, act.SendText("typed"), 2]


def test_a_repeated_chunk_is_sent_once() -> None:
    play = Play().started()
    play.browser(mic(0), mic(1), mic(1), mic(0), mic(2))
    assert [m.chunk.seq for m in play.to_model() if isinstance(m, act.SendAudio)] == [0, 1, 2]


def test_the_last_chunk_of_a_burst_is_reported_too() -> None:
    play = Play().started()
    play.browser(*(mic(seq) for seq in range(5)))
    play.wait(0.2)
    assert play.said(act.Received)[-1] == act.Received(seq=4, model=4)


def test_voice_past_the_ring_is_dropped_oldest_first_and_declared() -> None:
    play = Play().started()
    play.lose()
    for seq in range(800):
        play.browser(mic(seq))
    play.wait(0)
    play.session.model_opened(play.link(), play.capabilities, play.now)
    audio = [m.chunk.seq for m in play.to_model() if isinstance(m, act.SendAudio)]
    assert audio == list(range(50, 800))
    lost = [s.lost_ms for s in play.said(act.Status) if isinstance(s, act.Status) and s.lost_ms]
    assert lost == [50 * 40]


def test_a_lost_link_opens_again_at_once_with_the_handle() -> None:
    play = Play().started()
    play.model(ev.Resumption("h1", True))
    play.lose()
    assert play.state() == "reconnecting"
    opened = [a for a in play.wait(0) if isinstance(a, act.OpenModel)]
    assert opened == [act.OpenModel(2, SETTINGS, "h1")]


def test_typed_words_that_were_not_answered_are_said_again_on_the_next_link() -> None:
    play = Play().started()
    play.browser(ev.Text("First"))
    play.model(ev.OutputCaption("One."), voice(100), ev.TurnComplete())
    play.browser(ev.Played(1, 100), ev.Text("Second"))
    play.lose()
    play.browser(ev.Text("Third"))
    play.wait(0)
    play.session.model_opened(2, play.capabilities, play.now)
    again = [a.message for a in play.take() if isinstance(a, act.SendModel) and isinstance(a.message, act.SendText)]
    assert again == [act.SendText("Second"), act.SendText("Third")]


def test_a_refused_handle_leads_to_a_fresh_session_that_is_told_the_transcript() -> None:
    turns = (Turn(1, "user", "I am Ada", True), Turn(1, "agent", "Hello Ada", True))
    play = Play(record=SessionRecord("c", "o", SETTINGS, turns, handle="old", next_turn=2))
    play.session.start(play.now)
    play.lose("handle_refused")
    assert isinstance(play.said(act.ErrorNotice)[0], act.ErrorNotice)
    opened = [a for a in play.wait(1) if isinstance(a, act.OpenModel)]
    assert opened == [act.OpenModel(2, SETTINGS, None)]
    play.session.model_opened(2, play.capabilities, play.now)
    assert play.to_model() == [act.SendHistory((("user", "I am Ada"), ("agent", "Hello Ada")))]


def test_tries_are_bounded_and_the_conversation_is_held() -> None:
    play = Play().started()
    for _ in range(10):
        play.lose()
        play.wait(10)
    assert play.state() == "held"
    opens = [a for a in play.asked if isinstance(a, act.OpenModel)]
    assert len(opens) == 1 + play.limits.reconnect_tries
    play.session.browser_attached(play.now)
    assert isinstance(play.take()[0], act.OpenModel), "somebody came back and asked"


def test_a_fault_that_no_retry_mends_is_said_and_held() -> None:
    play = Play()
    play.session.start(play.now)
    play.lose("token_expired")
    assert play.state() == "needs_token"
    assert play.wait(60) == []


def test_go_away_rotates_at_a_quiet_moment_old_link_first() -> None:
    play = Play().started()
    play.model(ev.Resumption("h1", True))
    play.browser(ev.Text("Hello"))
    play.model(ev.OutputCaption("Hi."), voice(200), ev.GoAway(50))
    assert not [a for a in play.asked if isinstance(a, act.CloseModel)]
    play.model(ev.GenerationComplete(), ev.TurnComplete(), ev.Resumption("h2", True))
    new = play.browser(ev.Played(1, 200))
    order = [a for a in new if isinstance(a, act.CloseModel | act.OpenModel)]
    assert order == [act.CloseModel(1), act.OpenModel(2, SETTINGS, "h2")]
    assert play.state() == "listening", "a planned rotation shows nothing"


def test_go_away_does_not_wait_for_quiet_past_its_deadline() -> None:
    play = Play().started()
    play.browser(ev.Text("Go on"))
    play.model(ev.OutputCaption("And on."), voice(60_000), ev.GoAway(10))
    play.wait(6.9)
    assert not [a for a in play.asked if isinstance(a, act.CloseModel)]
    play.wait(0.2)
    assert [a for a in play.asked if isinstance(a, act.CloseModel)] == [act.CloseModel(1)]


def test_words_of_an_old_link_are_ignored() -> None:
    play = Play().started()
    play.lose()
    play.wait(0)
    play.session.model_opened(2, play.capabilities, play.now)
    play.take()
    play.session.model_event(1, ev.OutputCaption("ghost"), play.now)
    play.session.model_closed(1, PROBLEMS["upstream_lost"], play.now)
    assert play.take() == []


def test_changed_settings_take_effect_by_a_rotation() -> None:
    play = Play().started()
    play.model(ev.Resumption("h1", True))
    changed = SessionSettings(model="m", voice="other")
    new = play.browser(ev.Configure(changed))
    assert [a for a in new if isinstance(a, act.CloseModel | act.OpenModel)] == [
        act.CloseModel(1),
        act.OpenModel(2, changed, "h1"),
    ]
    other_model = SessionSettings(model="n", voice="other")
    play.session.model_opened(2, play.capabilities, play.now)
    new = play.browser(ev.Configure(other_model))
    assert act.OpenModel(3, other_model, None) in new


BY_HAND = replace(SETTINGS, manual_activity=True)


def test_marks_of_speech_go_to_a_connection_that_was_opened_for_them() -> None:
    play = Play().started()
    play.browser(ev.Text("Hello"))
    play.model(ev.OutputCaption("Hi."), voice(200))
    play.browser(ev.Configure(BY_HAND), ev.Activity(True), mic(0))
    assert act.SendActivity(True) not in play.to_model(), "this one listens for itself, and would close"
    play.wait(5)
    play.session.model_opened(play.link(), play.capabilities, play.now)
    play.browser(mic(1), ev.Activity(False))
    marks = [a for a in play.asked if isinstance(a, act.SendModel) and a.link == 2]
    assert [type(mark.message) for mark in marks] == [act.SendHistory, act.SendActivity, act.SendAudio, act.SendActivity]


def test_a_connection_that_hears_no_speech_by_itself_is_told_no_end_of_voice() -> None:
    play = Play(record=SessionRecord("c", "o", BY_HAND)).started()
    play.browser(ev.Activity(True), mic(0), ev.Activity(False), ev.Activity(False), ev.MicEnd("muted"))
    assert [type(message) for message in play.to_model()] == [act.SendActivity, act.SendAudio, act.SendActivity]


def test_whoever_holds_the_button_while_the_connection_is_lost_is_heard_on_the_next() -> None:
    for ends in (True, False):
        play = Play(record=SessionRecord("c", "o", BY_HAND)).started()
        play.browser(ev.Activity(True), mic(0))
        play.lose()
        play.browser(mic(1), *([ev.Activity(False)] if ends else []))
        play.wait(0)
        play.session.model_opened(play.link(), play.capabilities, play.now)
        marks = [a.message for a in play.take() if isinstance(a, act.SendModel)]
        assert [type(mark) for mark in marks] == [act.SendActivity, act.SendAudio, act.SendActivity][: 3 if ends else 2]
        assert marks[0] == act.SendActivity(True)


def test_a_page_that_goes_lets_go_of_the_button() -> None:
    play = Play(record=SessionRecord("c", "o", BY_HAND)).started()
    play.browser(ev.Activity(True), mic(0))
    play.session.browser_gone(play.now)
    play.session.browser_attached(play.now)  # a reload: nobody holds it there
    play.wait(9.9)
    assert act.SendActivity(False) not in play.to_model()
    play.wait(0.2)
    assert play.to_model()[-1] == act.SendActivity(False)


def test_a_page_that_comes_back_ends_what_it_began_with_all_that_was_said() -> None:
    play = Play(record=SessionRecord("c", "o", BY_HAND)).started()
    play.browser(ev.Activity(True), mic(0))
    play.session.browser_gone(play.now)
    play.wait(2)
    play.session.browser_attached(play.now)
    play.browser(mic(1), ev.Activity(False))
    play.wait(30)
    assert [type(message) for message in play.to_model()] == [
        act.SendActivity,
        act.SendAudio,
        act.SendAudio,
        act.SendActivity,
    ]


def test_a_handle_that_the_old_model_still_makes_is_not_for_the_new_one() -> None:
    play = Play().started()
    play.browser(ev.Text("Hello"))
    play.model(ev.OutputCaption("Hi."), voice(200))
    other_model = SessionSettings(model="n", voice="v")
    play.browser(ev.Configure(other_model))
    play.model(ev.GenerationComplete(), ev.TurnComplete(), ev.Resumption("of the old model", True))
    assert act.OpenModel(2, other_model, None) in play.browser(ev.Played(1, 200))
    assert play.session.record().handle is None


def test_a_planned_rotation_waits_for_a_tool_that_runs_but_not_past_its_deadline() -> None:
    play = Play().started()
    play.model(ev.ToolCall("t1", "clock"), ev.GoAway(10))
    play.wait(5)
    assert not [a for a in play.asked if isinstance(a, act.CloseModel)]
    play.session.tool_finished("t1", {"output": "noon"}, play.now)
    assert [type(a) for a in play.take() if isinstance(a, act.SendModel | act.CloseModel)] == [act.SendModel, act.CloseModel]
    play = Play().started()
    play.model(ev.ToolCall("t1", "clock"), ev.GoAway(10))
    play.wait(7.1)
    assert act.CancelTool("t1") in play.asked


def test_an_agent_that_may_not_be_interrupted_is_heard_to_the_end_of_its_voice() -> None:
    play = Play(record=SessionRecord("c", "o", SessionSettings(model="m", voice="v", interruptible=False))).started()
    play.browser(ev.Text("Hello"))
    play.model(ev.OutputCaption("Hi."), voice(2_000), ev.GenerationComplete(), ev.TurnComplete())
    play.model(ev.UserActivity(True), ev.InputCaption("And", interim=True))
    for heard in range(200, 2_001, 200):
        play.browser(ev.Played(1, heard))
    assert not play.said(act.Flush)
    assert play.sound_ms(1) == 2_000
    assert ends(play) == [(1, "complete", None)]
    play.model(ev.UserActivity(False), ev.InputCaption("And you?", final=True), ev.OutputCaption("I too."))
    assert captions(play, "user")[-1] == (2, "And you?", True, False)
    assert captions(play, "agent")[-1] == (2, "I too.", False, False)


def test_a_browser_that_comes_back_in_time_finds_the_session() -> None:
    play = Play().started()
    play.session.browser_gone(play.now)
    assert play.to_model() == [act.SendAudioEnd()]
    play.wait(59)
    play.session.browser_attached(play.now)
    assert play.wait(120) == [] or not play.session.ended
    assert play.state() == "listening"


def test_a_browser_that_stays_away_lets_the_model_go() -> None:
    play = Play().started()
    play.session.browser_gone(play.now)
    new = play.wait(61)
    assert act.CloseModel(1) in new
    assert new[-1] == act.Finish("abandoned")
    assert play.session.ended


def test_nothing_is_said_to_a_browser_that_is_away() -> None:
    play = Play().started()
    play.browser(ev.Text("Hello"))
    play.session.browser_gone(play.now)
    play.take()
    new = play.model(ev.OutputCaption("Hi"), voice(300), ev.GenerationComplete(), ev.TurnComplete())
    assert messages(new) == []
    play.session.browser_attached(play.now)
    assert play.sound_ms(1) == 300
    assert play.session.turns()[-1].text == "Hi"


def test_drain_says_goodbye_and_keeps_the_record() -> None:
    play = Play().started()
    play.browser(ev.Text("Hello"))
    play.model(ev.OutputCaption("Hi there"), voice(100))
    play.session.drain(play.now)
    new = play.take()
    assert act.Flush(1) in messages(new)
    assert isinstance(messages(new)[-1], act.Goodbye)  # the page leaves when it hears that
    saved = [a.record for a in new if isinstance(a, act.Save)][-1]
    assert [t.text for t in saved.turns][0] == "Hello"
    assert new[-1] == act.Finish("draining")


def test_a_tool_is_run_and_its_result_sent() -> None:
    play = Play().started()
    new = play.model(ev.ToolCall("t1", "clock", {"zone": "UTC"}))
    assert act.RunTool("t1", "clock", {"zone": "UTC"}) in new
    play.session.tool_finished("t1", {"output": "noon"}, play.now)
    assert play.to_model()[-1] == act.SendToolResult("t1", "clock", {"output": "noon"})
    play.session.tool_finished("t1", {"output": "again"}, play.now)
    assert len([m for m in play.to_model() if isinstance(m, act.SendToolResult)]) == 1


def test_a_cancelled_tools_result_is_not_sent() -> None:
    play = Play().started()
    play.model(ev.ToolCall("t1", "clock"))
    assert act.CancelTool("t1") in play.model(ev.ToolCancelled(("t1", "unknown")))
    play.session.tool_finished("t1", {"output": "late"}, play.now)
    assert not [m for m in play.to_model() if isinstance(m, act.SendToolResult)]
