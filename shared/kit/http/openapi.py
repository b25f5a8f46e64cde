"""The OpenAPI 3.1 description: every operation may answer with a problem, and asks for a token unless public.

Owns what is added to FastAPI's description. Must not describe a route by itself.
"""

from collections.abc import Collection
from typing import Any

from shared.kit.errors import PROBLEM_MEDIA_TYPE
from shared.kit.http.idempotency import HEADER

_METHODS = frozenset({"get", "put", "post", "delete", "patch"})
_REFERENCE = {"$ref": "#/components/responses/Problem"}

# FastAPI would answer 422 for a missing header that it knows to be required, so the limits are added here.
_KEY_SCHEMA = {"type": "string", "minLength": 8, "maxLength": 128, "pattern": "^[!-~]{8,128}$"}

_PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457. `type` is stable; `title`, `detail` and `next_step` are in the reader's language.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "next_step"],
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:tanggap:problem:content-invalid"]},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "next_step": {"type": "string", "description": "what the reader can do now"},
        "instance": {"type": "string", "format": "uri", "description": "the request's id"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["location", "message"],
                "properties": {"location": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


def with_problems(description: dict[str, Any], public: Collection[str]) -> dict[str, Any]:
    """FastAPI's description with problem answers in place of its own error model, and with bearer tokens."""
    components = description.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for replaced in ("HTTPValidationError", "ValidationError"):
        schemas.pop(replaced, None)
    schemas["Problem"] = _PROBLEM
    components.setdefault("responses", {})["Problem"] = {
        "description": "What went wrong, and what to do next",
        "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    components.setdefault("securitySchemes", {})["token"] = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    for path, operations in description.get("paths", {}).items():
        for method, operation in operations.items():
            if method in _METHODS:
                _describe(operation, public=path in public)
    return description


def _describe(operation: dict[str, Any], *, public: bool) -> None:
    responses = operation.setdefault("responses", {})
    expected = ["default"]
    if not public:
        expected += ["401", "403", "429"]
    if "requestBody" in operation:
        expected += ["400", "408", "413", "415", "422"]
    elif "422" in responses:
        expected += ["422"]
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == HEADER:
            parameter.update(required=True, schema=_KEY_SCHEMA)
            expected.append("400")
    responses.update(dict.fromkeys(expected, _REFERENCE))
    operation["security"] = [] if public else [{"token": []}]
