"""Every error that a person can meet: its code, whose fault it is, whether a retry can help, and one plain sentence.

    GenmediaError
      ClientFault      the browser or API client sent something it should not have
      UpstreamFault    the model's side failed or refused
      OurFault         this server failed, or is not ready

The codes are the same in HTTP problem documents, on the browser wire, in logs and in `docs/errors.md`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Fault = Literal["client", "upstream", "ours"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that went wrong, as it is shown, sent and logged."""

    code: str
    fault: Fault
    retryable: bool
    message: str
    ref: str | int | None = None
    """What it answers: the sequence number or the event's own reference, when there is one."""

    retry_after_ms: int | None = None


def _table(*rows: tuple[str, Fault, bool, str]) -> dict[str, Problem]:
    return {code: Problem(code, fault, retryable, message) for code, fault, retryable, message in rows}


PROBLEMS: dict[str, Problem] = _table(
    # What a client sent.
    ("unknown_event", "client", False, "The server does not know that event."),
    ("bad_event", "client", False, "The event does not have the shape that this version of the wire asks for."),
    ("unsupported_version", "client", False, "This page is older than the server. Reload it."),
    ("not_started", "client", False, "Start the conversation first."),
    ("already_started", "client", False, "The conversation has already started."),
    ("bad_settings", "client", False, "One of the settings is not valid."),
    ("unknown_voice", "client", False, "There is no voice of that name."),
    ("unknown_model", "client", False, "There is no model of that name here."),
    ("bad_audio", "client", False, "The audio is not mono PCM16 or mu-law of 10 to 1000 milliseconds."),
    ("bad_image", "client", False, "The picture is not a JPEG that can be read."),
    ("too_large", "client", False, "That is larger than the limit."),
    ("too_many", "client", True, "Too many requests in a short time. Wait a moment."),
    ("too_slow", "client", True, "The picture took too long to arrive. Try again on a better connection."),
    ("not_found", "client", False, "There is no such conversation for you."),
    ("no_sample", "client", False, "There is no sample of that voice."),
    ("taken_over", "client", False, "The conversation goes on in another tab or device."),
    ("forbidden_origin", "client", False, "This server does not accept requests from that origin."),
    ("sign_in_needed", "client", False, "Sign in before you start."),
    ("token_expired", "client", False, "The access token has run out. Paste a new one."),
    ("token_invalid", "client", False, "Google does not accept that token or key."),
    ("token_scope", "client", False, "The token lacks the cloud-platform scope."),
    # What the model's side did.
    ("project_denied", "upstream", False, "That Google Cloud project is unknown, or you may not use Vertex AI in it."),
    ("api_disabled", "upstream", False, "The API is not enabled in that Google Cloud project."),
    ("model_unavailable", "upstream", False, "The model is not available to that project in that region."),
    ("quota", "upstream", True, "The model's quota is used up for now."),
    ("upstream_refused", "upstream", False, "The model refused the request."),
    ("upstream_unreachable", "upstream", True, "The model can't be reached."),
    ("upstream_timeout", "upstream", True, "The model did not answer in time."),
    ("upstream_lost", "upstream", True, "The connection to the model was lost."),
    (
        "handle_refused",
        "upstream",
        True,
        "The model no longer knows this conversation; it goes on from the transcript.",
    ),
    # What this server did.
    ("models_missing", "ours", True, "The local engine's models are not installed yet."),
    ("loading_models", "ours", True, "The models are loading. It takes a moment."),
    ("model_damaged", "ours", False, "A model file is damaged."),
    ("insufficient_memory", "ours", False, "There is too little memory for the local engine's models."),
    ("insufficient_disk", "ours", False, "There is too little disk space for the local engine's models."),
    ("engine_unavailable", "ours", True, "The local engine is not running."),
    ("bad_script", "ours", False, "The engine's script can't be used."),
    ("full", "ours", True, "All places are taken. Try again shortly."),
    ("draining", "ours", True, "The server is restarting. The conversation goes on in a moment."),
    ("internal", "ours", True, "Something went wrong on the server."),
)
"""code -> the problem as it reads when nothing more is known."""


class GenmediaError(Exception):
    """An error with a code. `str()` is the sentence for the user; it never holds a secret or another user's words."""

    def __init__(
        self,
        code: str,
        message: str | None = None,
        *,
        ref: str | int | None = None,
        retry_after_ms: int | None = None,
    ) -> None:
        """Take the problem of that code from the table, with a sharper sentence when `message` is given.

        Raises:
            KeyError: `code` is not in the table: every error has a row, and so a line in the docs.
        """
        known = PROBLEMS[code]
        self.problem = replace(known, message=message or known.message, ref=ref, retry_after_ms=retry_after_ms)
        super().__init__(self.problem.message)

    @property
    def code(self) -> str:
        return self.problem.code


class ClientFault(GenmediaError):
    """The browser or API client sent something it should not have."""


class UpstreamFault(GenmediaError):
    """The model's side failed or refused."""


class OurFault(GenmediaError):
    """This server failed, or is not ready."""


_CLASSES: dict[Fault, type[GenmediaError]] = {"client": ClientFault, "upstream": UpstreamFault, "ours": OurFault}


def error(
    code: str, message: str | None = None, *, ref: str | int | None = None, retry_after_ms: int | None = None
) -> GenmediaError:
    """The exception of the class that the code's row names."""
    return _CLASSES[PROBLEMS[code].fault](code, message, ref=ref, retry_after_ms=retry_after_ms)
