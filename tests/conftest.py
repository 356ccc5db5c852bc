"""What holds for every test."""

import asyncio


def pytest_configure() -> None:
    # Asked for the current loop of a thread that never had one, Python before 3.12 makes one that nobody closes, and pytest-asyncio asks.
    asyncio.set_event_loop(None)
