"""What time it is."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from genmedia_live.tools import ToolError, tool


@tool
def current_time(zone: str | None = None) -> dict[str, str]:
    """Tell the current date and time.

    Args:
        zone: IANA time zone such as Europe/Berlin or America/New_York; leave it out for the server's own.
    """
    try:
        now = datetime.now(ZoneInfo(zone)) if zone else datetime.now().astimezone()
    except (KeyError, ValueError, OSError):  # zoneinfo looks for a file of that name
        raise ToolError(f"There is no time zone named {zone}. An example is Europe/Berlin.") from None
    return {"time": f"{now:%H:%M}", "date": f"{now:%Y-%m-%d}", "weekday": f"{now:%A}", "zone": zone or str(now.tzinfo)}
