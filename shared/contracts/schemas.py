"""The JSON Schema of every event, committed beside the code.

Owns how a schema is made from a class, and the rule that a committed schema is never replaced by one another
release could not read. `python -m shared.contracts.schemas` writes them.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from shared.contracts.catalogue import FIELD, PUBLISHED, dataschema
from shared.contracts.compatibility import breaking_changes
from shared.contracts.envelope import Payload

FOLDER = Path(__file__).parent / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _ReaderSchema(GenerateJsonSchema):
    """What a reader accepts: unknown fields are allowed; an absent field is left out, never null."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Field names speak for themselves."""
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """An optional field, when present, is a value."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """A default of None means absent and is not a value."""
        made = super().default_schema(schema)
        return {keyword: value for keyword, value in made.items() if keyword != "default" or value is not None}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """An object whose unknown fields a reader ignores."""
        made = super().model_schema(schema)
        made.pop("additionalProperties", None)
        return made


def events() -> Iterator[type[Payload]]:
    """Every event class of the catalogue, field events last."""
    for published in PUBLISHED.values():
        yield from published
    yield from FIELD


def schema_of(payload: type[Payload]) -> dict[str, Any]:
    """The JSON Schema of an event's `data`, with the aggregate and the ordering as `x-` keywords."""
    made = payload.model_json_schema(schema_generator=_ReaderSchema)
    made.update(
        {
            "$schema": DIALECT,
            "$id": dataschema(payload.type),
            "title": payload.type,
            "x-kind": payload.kind,
            "x-key": payload.key,
            "x-partition-by": payload.partition_by or payload.key,
        }
    )
    return made


def text(schema: dict[str, Any]) -> str:
    """A schema as it is committed."""
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write(folder: Path = FOLDER) -> list[str]:
    """Write every schema; one that would break another release is left as it is and reported."""
    folder.mkdir(exist_ok=True)
    refused: list[str] = []
    for payload in events():
        path, made = folder / f"{payload.type}.json", schema_of(payload)
        changes = breaking_changes(json.loads(path.read_text(encoding="utf-8")), made) if path.exists() else []
        if changes:
            refused += [f"{payload.type}{change}" for change in changes]
        else:
            path.write_text(text(made), encoding="utf-8")
    return refused


def main() -> int:
    """Write the schemas; say what was refused. Exit code 1 if a type needs a new version instead."""
    refused = write()
    for change in refused:
        sys.stderr.write(f"{change}\n")
    if refused:
        sys.stderr.write("Another release could not read this: add a new version of the type instead.\n")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
