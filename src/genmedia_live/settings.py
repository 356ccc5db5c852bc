"""The only reader of the environment. Names that Google's SDK also reads keep the meaning that it gives them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

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
    )

    host: str = Field("127.0.0.1", validation_alias="HOST")
    port: int = Field(8080, validation_alias="PORT", ge=0, le=65535)

    engine: EngineChoice = Field("auto", validation_alias="GENMEDIA_ENGINE")
    model: str | None = Field(None, validation_alias="GENMEDIA_MODEL")
    voice: str | None = Field(None, validation_alias="GENMEDIA_VOICE")
    transports: str = Field("websocket,polling", validation_alias="GENMEDIA_TRANSPORTS")
    auth: Literal["open", "own", "token", "iap", "oidc"] | None = Field(None, validation_alias="GENMEDIA_AUTH")
    public_url: str | None = Field(None, validation_alias="GENMEDIA_PUBLIC_URL")
    secret_key: SecretStr | None = Field(None, validation_alias="SECRET_KEY")
    max_sessions: int = Field(100, validation_alias="GENMEDIA_MAX_SESSIONS", ge=1)
    data_dir: Path = Field(default_factory=default_data_dir, validation_alias="GENMEDIA_DATA_DIR")
    models_dir: Path | None = Field(None, validation_alias="GENMEDIA_MODELS_DIR")
    models: Literal["auto", "never"] = Field("auto", validation_alias="GENMEDIA_MODELS")

    llm_url: str | None = Field(None, validation_alias="GENMEDIA_LLM_URL")
    llm_model: str | None = Field(None, validation_alias="GENMEDIA_LLM_MODEL")
    llm_key: SecretStr | None = Field(None, validation_alias="GENMEDIA_LLM_KEY")
    stt: str | None = Field(None, validation_alias="GENMEDIA_STT")
    tts: str | None = Field(None, validation_alias="GENMEDIA_TTS")

    google_base_url: str | None = Field(None, validation_alias="GENMEDIA_GOOGLE_BASE_URL")
    ca_file: Path | None = Field(None, validation_alias="GENMEDIA_CA_FILE")
    google_project: str | None = Field(None, validation_alias="GOOGLE_CLOUD_PROJECT")
    google_location: str | None = Field(None, validation_alias="GOOGLE_CLOUD_LOCATION")
    google_use_vertex: bool = Field(
        False, validation_alias=AliasChoices("GOOGLE_GENAI_USE_ENTERPRISE", "GOOGLE_GENAI_USE_VERTEXAI")
    )
    google_api_key: SecretStr | None = Field(None, validation_alias=AliasChoices("GOOGLE_API_KEY", "GEMINI_API_KEY"))
    google_credentials_file: Path | None = Field(None, validation_alias="GOOGLE_APPLICATION_CREDENTIALS")

    database_url: str | None = Field(None, validation_alias="DATABASE_URL")
    redis_url: SecretStr | None = Field(None, validation_alias="REDIS_URL")
    log_level: str = Field("INFO", validation_alias="LOG_LEVEL")
    log_format: Literal["auto", "json", "console"] = Field("auto", validation_alias="LOG_FORMAT")

    @field_validator("transports")
    @classmethod
    def _known_transports(cls, value: str) -> str:
        names = [name.strip() for name in value.split(",") if name.strip()]
        if not names or any(name not in ("websocket", "polling") for name in names):
            raise ValueError("GENMEDIA_TRANSPORTS takes websocket,polling or one of the two")
        return ",".join(names)

    @property
    def transport_list(self) -> list[str]:
        """The transports that are offered, first the preferred one."""
        return self.transports.split(",")

    @property
    def models_path(self) -> Path:
        """Where model weights are kept; shared between checkouts."""
        return self.models_dir or self.data_dir / "models"
