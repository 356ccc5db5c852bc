"""Who may talk. The page is open to all; a conversation is not."""

from __future__ import annotations

from typing import Literal

from genmedia_live.core.errors import ClientFault

Mode = Literal["open", "own", "token", "iap", "oidc"]

_HOW = {
    "own": "This server lends nobody its credentials, and signing in with your own is not available in this version. "
    "Whoever runs the server can set GENMEDIA_AUTH=open to let every visitor talk.",
    "token": "Signing in by a token is not available in this version. Whoever runs the server can set GENMEDIA_AUTH=open.",
    "iap": "Signing in by IAP is not available in this version. Whoever runs the server can set GENMEDIA_AUTH=open.",
    "oidc": "Signing in by OpenID Connect is not available in this version. Whoever runs the server can set GENMEDIA_AUTH=open.",
}


def mode_for(chosen: Mode | None, *, loopback: bool) -> Mode:
    """The operator's choice; without one, open to whoever is at this machine, and to nobody when bound wider."""
    return chosen or ("open" if loopback else "own")


class Auth:
    """The rule in force."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode

    def check(self) -> None:
        """Let the client start a conversation.

        Raises:
            ClientFault: `sign_in_needed`, with what to do.
        """
        if self.mode != "open":
            raise ClientFault("sign_in_needed", _HOW[self.mode])
