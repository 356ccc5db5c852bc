"""What can be pressed stays in sight, whatever else there is on the page."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import OpenTab
from tests.e2e.harness.serve import Server

DENIED = """
for (const ask of ['getUserMedia', 'getDisplayMedia'])
  navigator.mediaDevices[ask] = () => Promise.reject(new DOMException('', 'NotAllowedError'));
localStorage.setItem('genmedia.panel', 'closed');
"""


@pytest.mark.parametrize(("width", "height", "sources"), [(1440, 900, ["camera", "screen"]), (390, 844, ["camera"])])
def test_stop_is_in_sight_beside_notices(
    open_tab: OpenTab, scripted: Server, width: int, height: int, sources: list[str]
) -> None:
    tab = open_tab(scripted.url, script=DENIED, viewport={"width": width, "height": height})
    tab.ready()
    for source in sources:
        tab.page.click(f"#{source}")
        tab.page.wait_for_selector(f"#notice [data-code^={source}]")
    tab.notice("microphone_denied")
    tab.page.wait_for_function("document.querySelector('#stop').getBoundingClientRect().bottom <= innerHeight", timeout=3_000)
    assert tab.page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize(("width", "height"), [(1440, 900)])
def test_stop_is_in_sight_with_a_tool_in_the_hand(open_tab: OpenTab, scripted: Server, width: int, height: int) -> None:
    tab = open_tab(
        scripted.url, script="localStorage.setItem('genmedia.panel', 'closed')", viewport={"width": width, "height": height}
    )
    tab.start()
    tab.page.click("#camera")
    tab.page.wait_for_selector("#seen [data-source=camera] img:not([src=''])")
    tab.page.click(".edit-tools [data-tool=blackout]")
    tab.page.wait_for_function("document.querySelector('#stop').getBoundingClientRect().bottom <= innerHeight", timeout=3_000)
