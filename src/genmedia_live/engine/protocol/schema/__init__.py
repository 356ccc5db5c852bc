"""The fields of the Live API as data: what each may hold and what the engine does with it."""

from genmedia_live.engine.protocol.schema.client import CLIENT_MESSAGE, SETUP
from genmedia_live.engine.protocol.schema.server import SERVER_MESSAGE

__all__ = ["CLIENT_MESSAGE", "SERVER_MESSAGE", "SETUP"]
