"""What a person does with the engine, whichever client they reach it through. Each client's test class inherits it."""

from __future__ import annotations

from typing import Any

from tests.clients.conftest import Talk, Tone
from tests.clients.engine import Engine

PACE_MS = 55
"""How long the scripted voice takes over a character."""

WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "result": {"celsius": 21},
}


class Conversations:
    """With the scripted engine, which answers the same every time."""

    def test_a_spoken_turn(self, talk: Talk, scripted: Engine, tone: Tone) -> None:
        talker = talk(scripted)
        talker.speak(tone(1.2))
        heard = talker.turn()
        assert heard.user == "1.2 seconds of speech"
        assert heard.agent == "You said: 1.2 seconds of speech."
        assert heard.voice_ms == len(heard.agent) * PACE_MS

    def test_typed_turns(self, talk: Talk, scripted: Engine) -> None:
        talker = talk(scripted)
        talker.say("My name is Ada.")
        assert talker.turn().agent == "You said: My name is Ada."
        talker.say("What is my name?")
        assert talker.turn().agent == "Your name is Ada."

    def test_speech_interrupts_the_agent(self, talk: Talk, scripted: Engine, tone: Tone) -> None:
        talker = talk(scripted)
        talker.say("Count to 90.")
        talker.until("audio")
        talker.speak(tone(0.6))
        cut = talker.until("interrupted")
        assert "turn_complete" not in [event["event"] for event in cut]
        heard = talker.turn()
        assert heard.user == "0.6 seconds of speech"
        assert heard.agent == "You said: 0.6 seconds of speech."

    def test_the_agent_calls_a_function(self, talk: Talk, scripted: Engine) -> None:
        talker = talk(scripted, [WEATHER])
        talker.say('call get_weather with {"city": "São Paulo"}')
        heard = talker.turn()
        assert heard.calls == [("get_weather", {"city": "São Paulo"})]
        assert heard.names.index("call") < heard.names.index("audio")
        assert heard.agent == 'get_weather returned {"celsius":21}.'
        talker.say("Thank you")
        assert talker.turn().agent == "You said: Thank you."

    def test_a_session_outlives_its_connection(self, talk: Talk, short: Engine) -> None:
        talker = talk(short)
        talker.say("My name is Ada.")
        talker.turn()
        assert talker.until("connected")[-1]["resumed"]
        talker.say("What is my name?")
        assert talker.turn().agent == "Your name is Ada."
