"""The page: files of `web/` as they are, with the headers that keep it to itself."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

WEB = Path(__file__).parent.parent / "web"

CSP = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob: mediastream:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "worker-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ]
)
"""Nothing inline, nothing foreign. Worklets count as scripts; `connect-src 'self'` covers the WebSocket of the same origin."""

HEADERS = {
    "Content-Security-Policy": CSP,
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}

pages = Blueprint("pages", __name__)


@pages.get("/")
def index() -> Response:
    """The page itself."""
    return _file("index.html")


@pages.get("/<path:name>")
def asset(name: str) -> Response:
    """A file that the page asks for."""
    return _file(name)


def _file(name: str) -> Response:
    response = send_from_directory(WEB, name, conditional=True, etag=True)
    # Ask each time, by ETag: a page and its modules are always of one version.
    response.headers["Cache-Control"] = "no-cache"
    if name.endswith(".js"):
        response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    return response
