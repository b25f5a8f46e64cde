"""What the contract tests walk over: every event class, its golden file and its schema.

Owns the reading of golden files; they are history and are never edited.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shared.contracts.catalogue import FIELD, SERVICE_EVENTS
from shared.contracts.envelope import Payload
from shared.contracts.schemas import FOLDER as SCHEMAS

GOLDEN = Path(__file__).parent / "golden"
SERVICE_CLASSES: tuple[type[Payload], ...] = tuple(SERVICE_EVENTS.classes.values())
ALL_CLASSES: tuple[type[Payload], ...] = (*SERVICE_CLASSES, *FIELD)


def type_of(payload: type[Payload]) -> str:
    """The name a parametrised test shows."""
    return payload.type


def golden_text(payload: type[Payload]) -> str:
    """The golden file of an event type."""
    return (GOLDEN / f"{payload.type}.json").read_text(encoding="utf-8")


def golden(payload: type[Payload]) -> dict[str, Any]:
    """The golden envelope of an event type."""
    envelope: dict[str, Any] = json.loads(golden_text(payload))
    return envelope


def written(envelope: Mapping[str, Any]) -> str:
    """An envelope as golden files are written."""
    return json.dumps(envelope, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def committed_schema(payload: type[Payload]) -> dict[str, Any]:
    """The schema of an event type as committed."""
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{payload.type}.json").read_text(encoding="utf-8"))
    return schema


def schema_nodes(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Every object of a JSON Schema, outermost first."""
    if isinstance(schema, Mapping):
        yield schema
        for value in schema.values():
            yield from schema_nodes(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from schema_nodes(value)


def field_names(schema: Mapping[str, Any]) -> set[str]:
    """The name of every field of an event, nested ones included."""
    objects = (node for node in schema_nodes(schema) if node.get("type") == "object")
    return {name for node in objects for name in node.get("properties", {})}
