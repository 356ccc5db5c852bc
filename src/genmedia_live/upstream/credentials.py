"""Where the model is, and with whose credentials it is reached."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from google.auth import exceptions as auth
from google.auth.credentials import Credentials
from google.oauth2 import credentials as user
from google.oauth2 import service_account

from genmedia_live.core.errors import GenmediaError, error
from genmedia_live.settings import Settings
from genmedia_live.upstream.profiles import Api

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
DEFAULT_LOCATION = "us-central1"
"""Every Live model of Vertex AI is served there; the SDK's own default, `global`, does not serve them all."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address that speaks the Live protocol, and what opens it. `repr` never shows a secret."""

    api: Api
    base_url: str | None = None
    """Scheme, host and port in place of Google's own."""

    ca: str | None = None
    """Certificate authorities in PEM: the only ones trusted for the engine, more than the usual ones else."""

    project: str | None = None
    location: str | None = None
    api_key: str | None = field(default=None, repr=False)
    """For the Developer API; on Vertex AI without a project, the key of its express mode."""

    credentials: Credentials | None = field(default=None, repr=False)
    """Google's; None means what the machine is signed in with."""

    access_token: str | None = field(default=None, repr=False)
    """An OAuth token that takes the place of `credentials` for every session, such as one that a user pasted."""

    def __repr__(self) -> str:
        secrets = [name for name in ("api_key", "credentials", "access_token") if getattr(self, name) is not None]
        return (
            f"Target({self.api}, {self.base_url or 'Google'}, project={self.project}, location={self.location}, with {secrets})"
        )


def engine_target(port: int, ca_pem: str) -> Target:
    """The local engine on this machine."""
    return Target(
        api="engine",
        base_url=f"https://127.0.0.1:{port}",
        ca=ca_pem,
        project="local",
        location="local",
        access_token="local",
    )


def target_from_settings(settings: Settings) -> Target:
    """Google, as the environment names it. `--engine auto` is decided by `detect`.

    Raises:
        GenmediaError: `bad_settings`, when what is needed is missing or can't be read.
    """
    api = detect(settings)[0] if settings.engine == "auto" else settings.engine
    ca = _read(settings.ca_file, "GENMEDIA_CA_FILE") if settings.ca_file is not None else None
    key = settings.google_api_key.get_secret_value() if settings.google_api_key is not None else None
    match api:
        case "gemini":
            if key is None:
                raise _missing("The Gemini Developer API needs GOOGLE_API_KEY or GEMINI_API_KEY.")
            return Target("gemini", settings.google_base_url, ca, api_key=key)
        case "vertex":
            return _vertex(settings, ca, key)
    raise _missing("The local engine's address is known only once it runs.")


def _vertex(settings: Settings, ca: str | None, key: str | None) -> Target:
    credentials, own_project = _from_file(settings.google_credentials_file)
    project = settings.google_project or own_project
    if project is None and key is not None:
        return Target("vertex", settings.google_base_url, ca, api_key=key)
    if project is None:
        raise _missing("Vertex AI needs GOOGLE_CLOUD_PROJECT.")
    location = settings.google_location or DEFAULT_LOCATION
    return Target("vertex", settings.google_base_url, ca, project, location, credentials=credentials)


def _missing(message: str) -> GenmediaError:
    return error("bad_settings", message)


def _read(path: Path, variable: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        raise _missing(f"The file that {variable} names can't be read.") from None


def _from_file(path: Path | None) -> tuple[Credentials | None, str | None]:
    """Credentials and project of a service account's or user's file; other kinds are left to Google's own search."""
    if path is None:
        return None, None
    try:
        content = json.loads(_read(path, "GOOGLE_APPLICATION_CREDENTIALS"))
        return _load(content)
    except (ValueError, AttributeError, auth.GoogleAuthError):
        raise _missing("The file that GOOGLE_APPLICATION_CREDENTIALS names does not hold Google credentials.") from None


def _load(content: dict[str, Any]) -> tuple[Credentials | None, str | None]:
    match content.get("type"):
        case "service_account":
            account = service_account.Credentials.from_service_account_info(content, scopes=[SCOPE])  # type: ignore[no-untyped-call]
            return account, content.get("project_id")
        case "authorized_user":
            person = user.Credentials.from_authorized_user_info(content, scopes=[SCOPE])  # type: ignore[no-untyped-call]
            return person, content.get("quota_project_id")
        case str():
            return None, content.get("project_id")
    raise ValueError("no type")


def detect(settings: Settings) -> tuple[Literal["vertex", "gemini", "local"], str]:
    """What `--engine auto` means here, and one sentence on why. What the SDK would choose comes first, in its order.

    A project alone makes the SDK ask for a key; with credentials at hand we take it as the wish for Vertex AI that it is.
    """
    project = settings.google_project
    if settings.google_use_vertex:
        flag = "GOOGLE_GENAI_USE_VERTEXAI (or GOOGLE_GENAI_USE_ENTERPRISE) is set"
        if project is not None:
            return "vertex", f"{flag}, with the project of GOOGLE_CLOUD_PROJECT."
        if settings.google_api_key is not None:
            return "vertex", f"{flag}, with the key of {_key_name(settings)} (no GOOGLE_CLOUD_PROJECT)."
        return "vertex", f"{flag}."
    if settings.google_api_key is not None:
        return "gemini", f"{_key_name(settings)} is set."
    if project is not None and settings.google_credentials_file is not None:
        return "vertex", "GOOGLE_CLOUD_PROJECT and GOOGLE_APPLICATION_CREDENTIALS are set."
    if project is not None and signed_in_file(settings).is_file():
        return "vertex", "GOOGLE_CLOUD_PROJECT is set, and gcloud has signed this machine in."
    if project is not None:
        return "local", "GOOGLE_CLOUD_PROJECT is set, but there are no credentials for it."
    return "local", "Neither a Google Cloud project nor a Gemini API key is set."


def _key_name(settings: Settings) -> str:
    """GOOGLE_API_KEY goes before GEMINI_API_KEY, as in the SDK."""
    return "GEMINI_API_KEY" if settings.google_api_key == settings.gemini_api_key else "GOOGLE_API_KEY"


def signed_in_file(settings: Settings) -> Path:
    """Where `gcloud auth application-default login` leaves what it was given (Google Cloud's ADC page names the place)."""
    return (settings.gcloud_config or Path.home() / ".config" / "gcloud") / "application_default_credentials.json"
