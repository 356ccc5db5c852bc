"""The description of `/api`, in OpenAPI 3.1. A test holds it to the routes that there are."""

from __future__ import annotations

from typing import Any

from genmedia_live import __version__


def _object(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties) if required is None else required}


_TEXT = {"type": "string"}
_WHOLE = {"type": "integer"}
_FLAG = {"type": "boolean"}
_WORDS = {"type": "object", "additionalProperties": _TEXT}
_SENSITIVITY = {"enum": ["auto", "low", "high"]}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: dict[str, Any], text: str, media: str = "application/json") -> dict[str, Any]:
    return {"description": text, "content": {media: {"schema": schema}}}


_PROBLEM = _json(_ref("Problem"), "What went wrong (RFC 9457).", "application/problem+json")

SCHEMAS: dict[str, Any] = {
    "Problem": _object(
        ["type", "title", "status", "code", "fault", "retryable", "message"],
        type=_TEXT,
        title=_TEXT,
        status=_WHOLE,
        code=_TEXT,
        fault={"enum": ["client", "upstream", "ours"]},
        retryable=_FLAG,
        message=_TEXT,
        retry_after_ms=_WHOLE,
        ref={"type": ["string", "integer"]},
    ),
    "Fault": _object(
        ["code", "fault", "retryable", "message"], code=_TEXT, fault=_TEXT, retryable=_FLAG, message=_TEXT, retry_after_ms=_WHOLE
    ),
    "Config": _object(
        version=_TEXT,
        wire=_WHOLE,
        engine={"enum": ["local", "scripted", "vertex", "gemini"]},
        state={"enum": ["ready", "loading", "unavailable"]},
        loading=_or_null(
            _object(["what"], what=_TEXT, file=_or_null(_TEXT), done=_or_null({"type": "number"}), total=_or_null(_WHOLE))
        ),
        problem=_or_null(_ref("Fault")),
        model=_TEXT,
        models=_list(_object(name=_TEXT, title=_TEXT, refused=_WORDS, notes=_WORDS)),
        voice=_TEXT,
        voices=_list(_object(name=_TEXT, style=_TEXT)),
        samples=_FLAG,
        languages=_or_null(_list(_TEXT)),
        personas=_list(_ref("Persona")),
        persona_problems=_list(_object(file=_TEXT, message=_TEXT)),
        transports=_list({"enum": ["websocket", "polling"]}),
        limits=_object(
            text_chars=_WHOLE,
            instructions_chars=_WHOLE,
            frame_bytes=_WHOLE,
            still_bytes=_WHOLE,
            still_pixels=_WHOLE,
            silence_longest_ms=_WHOLE,
            nudge_longest_s=_WHOLE,
            mic_chunk_ms=_WHOLE,
        ),
        auth={"enum": ["open", "own", "token", "iap", "oidc"]},
    ),
    "Persona": _object(
        name=_TEXT,
        title=_TEXT,
        description=_TEXT,
        instructions=_TEXT,
        voice=_or_null(_TEXT),
        greeting=_FLAG,
        tools=_list(_object(name=_TEXT, description=_TEXT)),
        options=_list(_object(name=_TEXT, label=_TEXT, default=_TEXT, choices=_list(_TEXT))),
        shows=_list({"enum": ["camera", "screen"]}),
        needs=_list(_TEXT),
        problem=_or_null(_TEXT),
    ),
    "Settings": _object(
        model=_TEXT,
        voice=_TEXT,
        instructions=_TEXT,
        language=_or_null(_TEXT),
        persona=_TEXT,
        options=_WORDS,
        tools=_list(_TEXT),
        manual_activity=_FLAG,
        start_sensitivity=_SENSITIVITY,
        end_sensitivity=_SENSITIVITY,
        silence_ms=_WHOLE,
        interruptible=_FLAG,
        greeting=_FLAG,
        nudge_s=_WHOLE,
        affective=_FLAG,
        proactive=_FLAG,
        thinking={"enum": ["auto", "off", "low", "high"]},
    ),
    "Turn": _object(turn=_WHOLE, role={"enum": ["user", "agent"]}, text=_TEXT, final=_FLAG, cut=_FLAG),
    "Summary": _object(conversation=_TEXT, model=_TEXT, voice=_TEXT, turns=_WHOLE, first=_TEXT),
    "Conversation": _object(conversation=_TEXT, settings=_ref("Settings"), turns=_list(_ref("Turn"))),
}

_ID = {"name": "conversation", "in": "path", "required": True, "schema": _TEXT}


def _operation(summary: str, answers: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {"summary": summary, "responses": {**answers, "default": _PROBLEM}}
    if parameters:
        operation["parameters"] = list(parameters)
    return operation


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "GenMedia Live",
        "version": __version__,
        "description": "Conversations are held over Socket.IO, see docs/wire.md. Their owner is whoever has the cookie.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    "paths": {
        "/api/config": {
            "get": _operation("What a client needs to know before a conversation", {"200": _json(_ref("Config"), "The offer.")})
        },
        "/api/session": {
            "post": _operation(
                "Get the owner's cookie without loading the page",
                {"200": _json(_object(version=_TEXT, wire=_WHOLE), "The cookie is set.")},
            )
        },
        "/api/voices/{voice}/sample": {
            "get": _operation(
                "How a voice or a preset sounds",
                {"200": _json({"type": "string", "contentMediaType": "audio/wav"}, "PCM16 mono at 24 kHz.", "audio/wav")},
                {"name": "voice", "in": "path", "required": True, "schema": _TEXT},
            )
        },
        "/api/conversations": {
            "get": _operation(
                "The visitor's conversations, newest first",
                {"200": _json(_object(conversations=_list(_ref("Summary"))), "The list.")},
            )
        },
        "/api/conversations/{conversation}": {
            "get": _operation("One conversation", {"200": _json(_ref("Conversation"), "It.")}, _ID),
            "delete": _operation("Delete one conversation", {"204": {"description": "It is gone."}}, _ID),
        },
        "/api/conversations/{conversation}/picture": {
            "post": {
                **_operation(
                    "Show one picture to the agent of a conversation that is under way",
                    {
                        "200": _json(
                            _object(sent=_FLAG, width=_WHOLE, height=_WHOLE), "`sent` is false when no model was connected."
                        )
                    },
                    _ID,
                ),
                "requestBody": {"required": True, "content": {"image/jpeg": {}}},
            }
        },
    },
    "components": {"schemas": SCHEMAS},
}
