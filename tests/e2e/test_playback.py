"""What the speaker gets is what the wire brought, to the bit."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import OpenTab
from tests.e2e.harness.audio import compare
from tests.e2e.harness.serve import Server


@pytest.mark.parametrize("server", ["scripted", "scripted_polling"], ids=["websocket", "polling"])
def test_played_as_sent(request: pytest.FixtureRequest, open_tab: OpenTab, server: str) -> None:
    """About ten seconds, sent in pieces as the page reports what it has played. A single underrun would shift the rest."""
    running: Server = request.getfixturevalue(server)
    tab = open_tab(running.url)
    tab.start()
    tab.say("Count to 20")
    ended = tab.wire_has("turn", state="complete")
    tab.reaches("listening")
    sent = tab.voice(ended.map["turn"])
    assert len(sent) > 8 * 24_000
    assert compare(sent, tab.rendered()) == 0
