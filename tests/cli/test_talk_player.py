from hypothesis import given
from hypothesis import strategies as st

from genmedia_live.cli.talk_player import Player

SECOND = bytes(48_000)
TENTH = bytes(4_800)


def test_voice_sounds_in_real_time_and_is_reported_once():
    player = Player(now=10.0)
    player.arrive(1, SECOND, now=10.0)
    assert player.reports(10.25) == [(1, 250.0)]
    assert player.reports(10.25) == []
    assert player.unheard_ms(10.5) == 500.0
    assert player.reports(12.0) == [(1, 1000.0)]


def test_a_pause_in_the_supply_is_a_pause_in_the_voice():
    player = Player(now=0.0)
    player.arrive(1, TENTH, now=0.0)
    player.arrive(1, TENTH, now=5.0)
    assert player.reports(5.0) == [(1, 100.0)]
    assert round(player.unheard_ms(5.05), 6) == 50.0


def test_turns_sound_one_after_another():
    player = Player(now=0.0)
    player.arrive(1, TENTH, now=0.0)
    player.arrive(2, TENTH, now=0.0)
    assert player.reports(0.125) == [(1, 100.0), (2, 25.0)]


def test_a_flush_silences_at_once_and_keeps_what_was_heard():
    player = Player(now=0.0)
    player.arrive(1, SECOND, now=0.0)
    assert player.flush(1, now=0.25) == 250.0
    assert player.unheard_ms(0.25) == 0.0
    assert len(player.voice) == 12_000
    player.arrive(1, SECOND, now=0.3)
    player.arrive(2, TENTH, now=0.3)
    assert len(player.voice) == 12_000 + 4_800
    assert player.reports(1.0) == [(2, 100.0)]


def test_a_flush_of_a_turn_that_never_sounded():
    assert Player(now=0.0).flush(7, now=1.0) == 0.0


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(0, 3), st.integers(0, 9_600)), max_size=30))
def test_nothing_is_heard_before_it_came_or_twice(steps):
    player, now, received = Player(now=0.0), 0.0, 0.0
    heard: dict[int, float] = {}
    for wait, turn, samples in steps:
        now += wait
        player.arrive(turn, bytes(2 * samples), now)
        received += samples / 24
        for number, ms in player.reports(now):
            assert ms > heard.get(number, 0.0)
            heard[number] = ms
        assert abs(sum(heard.values()) + player.unheard_ms(now) - received) < 1e-6
    assert sum(heard.values()) <= now * 1000 + 1e-6
