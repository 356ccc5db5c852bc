"""The only reader of the environment. Names that Google's SDK also reads keep the meaning that it gives them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

EngineChoice = Literal["auto", "vertex", "gemini", "local", "scripted"]
Transports = tuple[Literal["websocket", "polling"], ...]


def default_data_dir() -> Path:
    """Where this user's data live, by the custom of the system (XDG on Linux)."""
    import os

    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "genmedia-live"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "genmedia-live"


class Settings(BaseSettings):
    """One frozen reading of the environment (and of `.env` in the working folder). An empty variable counts as unset."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
        use_attribute_docstrings=True,
    )

    host: str = Field("127.0.0.1", validation_alias="HOST")
    """Address to listen on. Anything but loopback changes who may come in: see GENMEDIA_AUTH."""

    port: int = Field(8080, validation_alias="PORT", ge=0, le=65535)
    """Port of the page; 0 takes a free one."""

    engine: EngineChoice = Field("auto", validation_alias="GENMEDIA_ENGINE")
    """What answers: `auto` is Vertex AI or the Gemini Developer API when there are credentials, else the local engine."""

    model: str | None = Field(None, validation_alias="GENMEDIA_MODEL")
    """The model, when it is not the engine's default."""

    voice: str | None = Field(None, validation_alias="GENMEDIA_VOICE")
    """The voice that a new conversation begins with."""

    transports: str = Field("websocket,polling", validation_alias="GENMEDIA_TRANSPORTS")
    """`websocket,polling`, or one of the two; the first is tried first."""

    auth: Literal["open", "own", "token", "iap", "oidc"] | None = Field(None, validation_alias="GENMEDIA_AUTH")
    """Who may talk: `open` (the default on loopback) or `own` (the default elsewhere). The others let nobody in yet."""

    public_url: str | None = Field(None, validation_alias="GENMEDIA_PUBLIC_URL")
    """The address that browsers see, when a proxy stands in front."""

    secret_key: SecretStr | None = Field(None, validation_alias="SECRET_KEY")
    """Signs what several instances must agree on. Not used by this version, which is one instance."""

    max_sessions: int = Field(100, validation_alias="GENMEDIA_MAX_SESSIONS", ge=1)
    """Conversations at a time; past it the answer is `full`."""

    data_dir: Path = Field(default_factory=default_data_dir, validation_alias="GENMEDIA_DATA_DIR")
    """Where conversations and the engine's certificate are kept. Default: the user's data folder."""

    models_dir: Path | None = Field(None, validation_alias="GENMEDIA_MODELS_DIR")
    """Where model weights are kept. Default: `models` in the data folder."""

    models: Literal["auto", "never"] = Field("auto", validation_alias="GENMEDIA_MODELS")
    """`auto` fetches missing weights in the background, `never` leaves that to `genmedia-live models pull`."""

    llm_url: str | None = Field(None, validation_alias="GENMEDIA_LLM_URL")
    """An OpenAI-compatible server for the local engine's language model, `/v1` included."""

    llm_model: str | None = Field(None, validation_alias="GENMEDIA_LLM_MODEL")
    """The model's name on that server."""

    llm_key: SecretStr | None = Field(None, validation_alias="GENMEDIA_LLM_KEY")
    """The key for that server."""

    llm_vision: Literal["auto", "on", "off"] = Field("auto", validation_alias="GENMEDIA_LLM_VISION")
    """Whether that model is sent pictures (`auto`, `on`, `off`): `auto` asks its server, and tries where it does not say."""

    stt: str | None = Field(None, validation_alias="GENMEDIA_STT")
    """The local engine's speech recogniser. Not used by this version, which has one."""

    tts: str | None = Field(None, validation_alias="GENMEDIA_TTS")
    """The local engine's speech synthesiser. Not used by this version, which has one."""

    google_base_url: str | None = Field(None, validation_alias="GENMEDIA_GOOGLE_BASE_URL")
    """Where Google's endpoints are (operators and tests only)."""

    ca_file: Path | None = Field(None, validation_alias="GENMEDIA_CA_FILE")
    """Certificate authority that those endpoints are checked with (operators and tests only)."""

    google_project: str | None = Field(None, validation_alias="GOOGLE_CLOUD_PROJECT")
    """The Google Cloud project for Vertex AI."""

    google_location: str | None = Field(None, validation_alias="GOOGLE_CLOUD_LOCATION")
    """The region for Vertex AI."""

    google_use_vertex: bool = Field(
        False, validation_alias=AliasChoices("GOOGLE_GENAI_USE_ENTERPRISE", "GOOGLE_GENAI_USE_VERTEXAI")
    )
    """Use Vertex AI when both a project and a key are set, as the SDK does."""

    google_api_key: SecretStr | None = Field(None, validation_alias=AliasChoices("GOOGLE_API_KEY", "GEMINI_API_KEY"))
    """A key for the Gemini Developer API."""

    gemini_api_key: SecretStr | None = Field(None, validation_alias="GEMINI_API_KEY")
    """The same, under its other name; GOOGLE_API_KEY goes before it, as in the SDK."""

    google_credentials_file: Path | None = Field(None, validation_alias="GOOGLE_APPLICATION_CREDENTIALS")
    """A credentials file for Vertex AI; without it, what the machine is signed in with."""

    gcloud_config: Path | None = Field(None, validation_alias="CLOUDSDK_CONFIG")
    """Where gcloud keeps what the machine is signed in with, when it is not the usual folder."""

    personas_dir: Path | None = Field(None, validation_alias="GENMEDIA_PERSONAS_DIR")
    """Where your own personas are, a Markdown file each. Default: `personas` in the data folder."""

    tools: str | None = Field(None, validation_alias="GENMEDIA_TOOLS")
    """Python modules or `.py` files, separated by commas, whose tools a persona may use."""

    fast_lane: bool = Field(True, validation_alias="GENMEDIA_FAST_LANE")
    """Voice and pictures go around the SDK's message objects; off, all goes through them."""

    database_url: str | None = Field(None, validation_alias="DATABASE_URL")
    """Where conversations are kept: a `sqlite:` address in this version. Default: a file in the data folder."""

    redis_url: SecretStr | None = Field(None, validation_alias="REDIS_URL")
    """Where several instances share leases and records. Not used by this version, which is one instance."""

    log_level: str = Field("INFO", validation_alias="LOG_LEVEL")
    """`DEBUG`, `INFO`, `WARNING` or `ERROR`."""

    log_format: Literal["auto", "json", "console"] = Field("auto", validation_alias="LOG_FORMAT")
    """`json`, `console`, or `auto`: lines for people on a terminal, JSON elsewhere."""

    @field_validator("transports")
    @classmethod
    def _known_transports(cls, value: str) -> str:
        names = [name.strip() for name in value.split(",") if name.strip()]
        if not names or any(name not in ("websocket", "polling") for name in names):
            raise ValueError("GENMEDIA_TRANSPORTS takes websocket,polling or one of the two")
        return ",".join(names)

    @field_validator("data_dir", "models_dir", "ca_file", "personas_dir")
    @classmethod
    def _at_home(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value is not None else None  # in `.env` no shell does it

    @field_validator("public_url")
    @classmethod
    def _whole_address(cls, value: str | None) -> str | None:
        if value is not None and not (value.lower().startswith(("http://", "https://")) and urlsplit(value).hostname):
            raise ValueError("GENMEDIA_PUBLIC_URL takes an address such as https://talk.example.org")
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("LOG_LEVEL takes DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @property
    def transport_list(self) -> list[str]:
        """The transports that are offered, first the preferred one."""
        return self.transports.split(",")

    @property
    def models_path(self) -> Path:
        """Where model weights are kept; shared between checkouts."""
        return self.models_dir or self.data_dir / "models"

    @property
    def personas_path(self) -> Path:
        """Where the user's own personas are."""
        return self.personas_dir or self.data_dir / "personas"

    @property
    def tool_sources(self) -> list[str]:
        """The modules and files of `GENMEDIA_TOOLS`."""
        return [name.strip() for name in (self.tools or "").split(",") if name.strip()]
