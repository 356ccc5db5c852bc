"""Chromium as people have it: permissions granted or not, and a WAV file for a microphone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Playwright

HERE = Path(__file__).parent

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_MAC = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium")

_ARGS = ("--no-sandbox", "--disable-quic", "--disable-gpu")
"""For root, for machines without a network and without a graphics card."""


def executable() -> str:
    """The browser that this machine has.

    Raises:
        FileNotFoundError: it has none.
    """
    paths = [*map(shutil.which, _NAMES), *(path for path in _MAC if Path(path).exists())]
    for path in filter(None, paths):
        return path
    raise FileNotFoundError("These tests drive Chromium, which is not here. `scripts/need chromium` installs it on Debian.")


def launch(
    playwright: Playwright, microphone: Path | None = None, *flags: str, real_devices: bool = False, **options: Any
) -> Browser:
    """Start Chromium.

    `microphone` is a WAV file that plays once, from its beginning, each time a page opens the microphone. With `real_devices` the
    browser captures and plays through the machine's sound server instead of fake devices.
    """
    args = [*_ARGS, *flags]
    if real_devices:
        options["ignore_default_args"] = ["--mute-audio"]
    else:
        # Permissions come from the context: --use-fake-ui-for-media-stream would also replace what a shared tab shows.
        args.append("--use-fake-device-for-media-stream")
    if microphone and not real_devices:
        args.append(f"--use-file-for-fake-audio-capture={microphone}%noloop")
    return playwright.chromium.launch(executable_path=executable(), args=args, **options)


def new_context(browser: Browser, *, microphone: bool = True, probes: bool = True, **options: Any) -> BrowserContext:
    """A person's own browser profile. Without `microphone` the page is refused one.

    The probes need the page's Content-Security-Policy off; without them it is in force.
    """
    context = browser.new_context(bypass_csp=probes, **options)
    context.grant_permissions(["microphone", "camera", "screen-wake-lock"] if microphone else ["screen-wake-lock"])
    if probes:
        tap = json.dumps((HERE / "tap.js").read_text())
        context.add_init_script(f"{(HERE / 'probe.js').read_text()}({tap});")
    return context
