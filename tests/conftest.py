"""What every test runs under."""

import asyncio

# pytest-asyncio looks for a current loop before its first test. Where none was ever set, asyncio makes one for it that nobody
# closes, and the warning about it fails whatever test runs when the garbage is collected. Set to none, it makes none.
asyncio.set_event_loop(None)
