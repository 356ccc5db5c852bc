from __future__ import annotations

import json
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from genmedia_live.core.errors import GenmediaError
from genmedia_live.core.limits import Limits
from genmedia_live.settings import Settings
from genmedia_live.upstream.client import http_options, new_client, tls_context
from genmedia_live.upstream.credentials import Target, detect, engine_target, target_from_settings

ENVIRONMENT = [
    "GOOGLE_CLOUD_PROJECT",
    "GOOGLE_CLOUD_LOCATION",
    "GOOGLE_GENAI_USE_VERTEXAI",
    "GOOGLE_GENAI_USE_ENTERPRISE",
    "GOOGLE_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GENMEDIA_GOOGLE_BASE_URL",
    "GENMEDIA_CA_FILE",
    "GENMEDIA_ENGINE",
    "CLOUDSDK_CONFIG",
]


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))

    def settings_of(**environment: str) -> Settings:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return Settings()

    return settings_of


PROJECT = {"GOOGLE_CLOUD_PROJECT": "p"}
VERTEX = {"GOOGLE_GENAI_USE_VERTEXAI": "true"}


@pytest.mark.parametrize(
    ("environment", "choice", "named"),
    [
        ({}, "local", "Neither"),
        ({"GEMINI_API_KEY": "k"}, "gemini", "GEMINI_API_KEY is set."),
        ({"GOOGLE_API_KEY": "k"}, "gemini", "GOOGLE_API_KEY is set."),
        ({"GOOGLE_API_KEY": "k", "GEMINI_API_KEY": "other"}, "gemini", "GOOGLE_API_KEY is set."),
        ({**PROJECT, "GOOGLE_API_KEY": "k"}, "gemini", "GOOGLE_API_KEY"),
        ({**VERTEX, **PROJECT, "GOOGLE_API_KEY": "k"}, "vertex", "GOOGLE_CLOUD_PROJECT"),
        ({**VERTEX, "GOOGLE_API_KEY": "k"}, "vertex", "with the key of GOOGLE_API_KEY"),
        ({"GOOGLE_GENAI_USE_ENTERPRISE": "1", **PROJECT}, "vertex", "GOOGLE_GENAI_USE_ENTERPRISE"),
        ({**VERTEX, "GOOGLE_GENAI_USE_ENTERPRISE": "false", **PROJECT}, "local", "no credentials"),
        ({**PROJECT, "GOOGLE_APPLICATION_CREDENTIALS": "/x.json"}, "vertex", "GOOGLE_APPLICATION_CREDENTIALS"),
        (PROJECT, "local", "no credentials"),
        ({"GOOGLE_APPLICATION_CREDENTIALS": "/x.json"}, "local", "Neither"),
    ],
)
def test_detection(settings_of: Any, environment: dict[str, str], choice: str, named: str) -> None:
    found, why = detect(settings_of(**environment))
    assert found == choice
    assert named in why
    assert why.endswith(".")


def test_a_machine_that_gcloud_signed_in(settings_of: Any, tmp_path: Path) -> None:
    file = tmp_path / "gcloud" / "application_default_credentials.json"
    file.parent.mkdir()
    file.write_text("{}")
    assert detect(settings_of(**PROJECT))[0] == "vertex"
    assert detect(settings_of(**PROJECT))[1].startswith("GOOGLE_CLOUD_PROJECT is set, and gcloud")


def service_account() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "own",
            "client_email": "a@own.example",
            "token_uri": "https://127.0.0.1:1/token",
            "private_key": pem.decode(),
        }
    )


def test_vertex(settings_of: Any, tmp_path: Path) -> None:
    file = tmp_path / "account.json"
    file.write_text(service_account())
    (tmp_path / "ca.pem").write_text("PEM")
    target = target_from_settings(
        settings_of(
            GENMEDIA_ENGINE="vertex",
            GOOGLE_APPLICATION_CREDENTIALS=str(file),
            GENMEDIA_GOOGLE_BASE_URL="https://127.0.0.1:9",
            GENMEDIA_CA_FILE=str(tmp_path / "ca.pem"),
            GOOGLE_CLOUD_LOCATION="europe-west4",
        )
    )
    assert (target.api, target.project, target.location) == ("vertex", "own", "europe-west4")
    assert (target.base_url, target.ca) == ("https://127.0.0.1:9", "PEM")
    assert target.credentials is not None


def test_vertex_with_what_the_machine_is_signed_in_with(settings_of: Any) -> None:
    target = target_from_settings(settings_of(**VERTEX, **PROJECT))
    assert target == Target("vertex", project="p", location="us-central1")


def test_a_users_file(settings_of: Any, tmp_path: Path) -> None:
    file = tmp_path / "user.json"
    file.write_text(
        json.dumps(
            {
                "type": "authorized_user",
                "client_id": "i",
                "client_secret": "s",
                "refresh_token": "r",
                "quota_project_id": "billed",
            }
        )
    )
    target = target_from_settings(settings_of(**VERTEX, GOOGLE_APPLICATION_CREDENTIALS=str(file)))
    assert target.project == "billed"
    assert target.credentials is not None


def test_other_files_are_left_to_googles_search(settings_of: Any, tmp_path: Path) -> None:
    file = tmp_path / "external.json"
    file.write_text(json.dumps({"type": "external_account"}))
    target = target_from_settings(settings_of(**VERTEX, **PROJECT, GOOGLE_APPLICATION_CREDENTIALS=str(file)))
    assert target.credentials is None


def test_the_developer_api(settings_of: Any) -> None:
    target = target_from_settings(settings_of(GEMINI_API_KEY="AIzaKEY", **PROJECT))
    assert target == Target("gemini", api_key="AIzaKEY")


def test_express_mode(settings_of: Any) -> None:
    assert target_from_settings(settings_of(**VERTEX, GOOGLE_API_KEY="AQ.KEY")) == Target("vertex", api_key="AQ.KEY")


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"GENMEDIA_ENGINE": "vertex"}, "GOOGLE_CLOUD_PROJECT"),
        ({"GENMEDIA_ENGINE": "gemini"}, "GOOGLE_API_KEY"),
        ({"GENMEDIA_ENGINE": "local"}, "engine"),
        ({}, "engine"),
        ({"GEMINI_API_KEY": "k", "GENMEDIA_CA_FILE": "/no/such/file"}, "GENMEDIA_CA_FILE"),
        ({**VERTEX, "GOOGLE_APPLICATION_CREDENTIALS": "/no/such/file"}, "GOOGLE_APPLICATION_CREDENTIALS"),
    ],
)
def test_what_is_missing_is_named(settings_of: Any, environment: dict[str, str], named: str) -> None:
    with pytest.raises(GenmediaError) as caught:
        target_from_settings(settings_of(**environment))
    assert caught.value.code == "bad_settings"
    assert named in str(caught.value)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"type": "service_account"}', '{"type": "authorized_user"}', "\x00"])
def test_a_credentials_file_that_is_none(settings_of: Any, tmp_path: Path, content: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(content)
    with pytest.raises(GenmediaError, match="does not hold Google credentials"):
        target_from_settings(settings_of(**VERTEX, **PROJECT, GOOGLE_APPLICATION_CREDENTIALS=str(file)))


def test_no_secret_in_what_is_shown() -> None:
    target = Target("vertex", project="p", location="l", api_key="AIzaKEY", access_token="ya29.TOKEN", credentials=object())  # type: ignore[arg-type]
    for shown in (repr(target), str(target), f"{target}", f"{target!r}"):
        assert "KEY" not in shown
        assert "TOKEN" not in shown
        assert "api_key" in shown


def test_the_engines_authority_is_the_only_one_it_is_trusted_by(tls: tuple[ssl.SSLContext, str]) -> None:
    _, ca = tls
    assert tls_context(ca, True).cert_store_stats()["x509_ca"] == 1
    assert tls_context(ca, False).cert_store_stats()["x509_ca"] > 1


def test_contexts_are_shared() -> None:
    assert tls_context(None, False) is tls_context(None, False)


@pytest.mark.parametrize(
    ("target", "proxy"),
    [(engine_target(1, "PEM"), False), (Target("gemini", "https://[::1]:1"), False), (Target("gemini"), True)],
)
def test_proxies_are_for_the_world_outside(target: Target, proxy: bool, tls: tuple[ssl.SSLContext, str]) -> None:
    """Without the argument websockets asks the environment."""
    arguments = http_options(replace(target, ca=tls[1]), Limits()).async_client_args or {}
    assert ("proxy" not in arguments) is proxy
    assert arguments.get("proxy") is None


async def test_googles_own_addresses() -> None:
    """No request is made: only where the SDK would go."""
    for target, host in (
        (Target("gemini", api_key="k"), "wss://generativelanguage.googleapis.com/"),
        (Target("vertex", project="p", location="us-central1", access_token="t"), "wss://us-central1-aiplatform.googleapis.com/"),
        (Target("vertex", project="p", location="global", access_token="t"), "wss://aiplatform.googleapis.com/"),
    ):
        client = new_client(target, Limits())
        assert client._api_client._websocket_base_url() == host
        await client.aio.aclose()
        client.close()
