"""What holds for every test."""

import asyncio


def pytest_configure() -> None:
    # pytest-asyncio asks for the thread's current loop. Where there never was one, Python then makes one, and nobody closes it.
    asyncio.set_event_loop(None)
