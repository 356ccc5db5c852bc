"""What whoever runs the engine may choose about its sessions."""

from __future__ import annotations

from dataclasses import dataclass, field

from genmedia_live.core.limits import Limits


@dataclass(frozen=True, slots=True)
class Rules:
    """What an operator may choose about a session. Seconds, unless they say otherwise."""

    connection_limit: float | None = None
    """How long a connection may last; None for ever. Google's lasts about ten minutes."""
    go_away_notice: float = 60.0
    handle_life: float | None = None
    """How long a resumption handle can be used; None: as long as the limits say."""
    context_window: int | None = None
    """Tokens; None: the model's own."""
    temperature: float = 0.5
    max_tokens: int = 160
    limits: Limits = field(default_factory=Limits)
