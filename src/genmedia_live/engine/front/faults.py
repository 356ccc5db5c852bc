"""The credentials that fail on purpose, each in one of Google's own ways: what is wrong, and the sentences that say so.

The sentences are those that Google's users report, the reasons those of google/api/error_reason.proto.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from genmedia_live.engine.front.failures import Failure
from genmedia_live.engine.protocol.profiles import Backend

PROJECT_NUMBER = "123456789012"
"""What Google's sentences call a project by."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A model, somewhere. A part that the client has not named is a dash, as in Google's wildcards."""

    backend: Backend
    version: str = "v1"
    project: str = "-"
    location: str = "-"
    model: str = "-"

    @property
    def path(self) -> str:
        """The resource name."""
        if self.backend == "gemini":
            return f"models/{self.model}"
        if self.project == self.location == "-":
            return f"publishers/google/models/{self.model}"
        return f"projects/{self.project}/locations/{self.location}/publishers/google/models/{self.model}"

    @property
    def service(self) -> str:
        """The API's host name."""
        return "aiplatform.googleapis.com" if self.backend == "vertex" else "generativelanguage.googleapis.com"

    @property
    def title(self) -> str:
        """The API's name."""
        return "Vertex AI API" if self.backend == "vertex" else "Generative Language API"

    def absence(self, method: str) -> Failure | None:
        """The failure for a model or a location whose name begins with `nowhere`."""
        return self.not_found(method) if any(name.startswith("nowhere") for name in (self.location, self.model)) else None

    def not_found(self, method: str) -> Failure:
        """There is no such model here."""
        if self.backend == "gemini":
            return Failure(
                "NOT_FOUND",
                f"models/{self.model} is not found for API version {self.version}, or is not supported for {method}. "
                "Call ListModels to see the list of available models and their supported methods.",
            )
        return Failure(
            "NOT_FOUND",
            f"Publisher Model `{self.path}` was not found or your project does not have access to it. "
            "Please ensure you are using a valid model version.",
        )


Depth = Literal["caller", "project", "use"]
"""How far a request goes: it asks who the caller is, about a project of theirs, or to use a model there."""

DEPTHS: tuple[Depth, ...] = ("caller", "project", "use")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a credential. Its sentences are filled in with what was asked for."""

    depth: Depth
    """The first depth at which it shows."""
    status: str
    message: str
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    domain: str = "googleapis.com"

    def at(self, resource: Resource) -> Failure:
        """The failure of a request for this resource."""
        words = {
            "number": PROJECT_NUMBER,
            "project": resource.project,
            "resource": resource.path,
            "service": resource.service,
            "title": resource.title,
        }
        metadata = {name: value.format_map(words) for name, value in self.metadata.items()}
        return Failure(self.status, self.message.format_map(words), self.reason, metadata, self.domain)


_CONSUMER = {"service": "{service}", "consumer": "projects/{number}"}
_INVALID_TOKEN = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
INVALID_TOKEN = Fault("caller", "UNAUTHENTICATED", _INVALID_TOKEN, "ACCESS_TOKEN_TYPE_UNSUPPORTED", {"service": "{service}"})
EXPIRED = Fault("caller", "UNAUTHENTICATED", _INVALID_TOKEN, "ACCESS_TOKEN_EXPIRED", {"service": "{service}"})
NO_SCOPE = Fault(
    "caller",
    "PERMISSION_DENIED",
    "Request had insufficient authentication scopes.",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    {"service": "{service}"},
)
DENIED = Fault(
    "project",
    "PERMISSION_DENIED",
    "Permission 'aiplatform.endpoints.predict' denied on resource '//aiplatform.googleapis.com/{resource}' "
    "(or it may not exist).",
    "IAM_PERMISSION_DENIED",
    {"permission": "aiplatform.endpoints.predict", "resource": "{resource}"},
    domain="aiplatform.googleapis.com",
)
API_OFF = Fault(
    "project",
    "PERMISSION_DENIED",
    "{title} has not been used in project {number} before or it is disabled. Enable it by visiting "
    "https://console.developers.google.com/apis/api/{service}/overview?project={number} then retry.",
    "SERVICE_DISABLED",
    {**_CONSUMER, "serviceTitle": "{title}"},
)
NO_PROJECT = Fault("project", "PERMISSION_DENIED", "Project '{project}' not found or deleted.", "CONSUMER_INVALID", _CONSUMER)
USER_PROJECT = Fault(
    "project",
    "PERMISSION_DENIED",
    "Caller does not have required permission to use project {project}. Grant the caller the "
    "roles/serviceusage.serviceUsageConsumer role, or a custom role with the serviceusage.services.use permission.",
    "USER_PROJECT_DENIED",
    _CONSUMER,
)
NO_BILLING = Fault(
    "project",
    "PERMISSION_DENIED",
    "This API method requires billing to be enabled. Please enable billing on project #{number} then retry.",
    "BILLING_DISABLED",
    _CONSUMER,
)
EXHAUSTED = Fault(
    "use", "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).", "RATE_LIMIT_EXCEEDED", _CONSUMER
)
BAD_KEY = Fault(
    "caller", "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", "API_KEY_INVALID", {"service": "{service}"}
)
OLD_KEY = Fault(
    "caller", "INVALID_ARGUMENT", "API key expired. Please renew the API key.", "API_KEY_INVALID", {"service": "{service}"}
)
KEY_DENIED = Fault(
    "project",
    "PERMISSION_DENIED",
    "Your project has been denied access. Please contact support.",
    "CONSUMER_SUSPENDED",
    _CONSUMER,
)
OVER_QUOTA = Fault(
    "use",
    "RESOURCE_EXHAUSTED",
    "You exceeded your current quota, please check your plan and billing details.",
    "RATE_LIMIT_EXCEEDED",
    _CONSUMER,
)
MISSING = Fault(
    "caller",
    "UNAUTHENTICATED",
    "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    "CREDENTIALS_MISSING",
    {"service": "{service}"},
)
UNREGISTERED = Fault(
    "caller",
    "PERMISSION_DENIED",
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API "
    "consumer identity to call this API.",
)
NO_KEYS_HERE = Fault(
    "caller",
    "UNAUTHENTICATED",
    "API keys are not supported by this API. Expected OAuth2 access token or other authentication credentials that assert a "
    "principal.",
    "CREDENTIALS_MISSING",
    {"service": "{service}"},
)

MAGIC: dict[str, Fault] = {
    "ya29.EXPIRED": EXPIRED,
    "ya29.REVOKED": INVALID_TOKEN,
    "ya29.NOSCOPE": NO_SCOPE,
    "ya29.DENIED": DENIED,
    "ya29.APIOFF": API_OFF,
    "ya29.NOPROJECT": NO_PROJECT,
    "ya29.USERPROJECT": USER_PROJECT,
    "ya29.BILLING": NO_BILLING,
    "ya29.QUOTA": EXHAUSTED,
    "AIzaBAD": BAD_KEY,
    "AIzaEXPIRED": OLD_KEY,
    "AIzaAPIOFF": API_OFF,
    "AIzaDENIED": KEY_DENIED,
    "AIzaQUOTA": OVER_QUOTA,
}
"""The credentials that fail, each in its own way: as they stand here, or with a `-` and anything behind it."""
