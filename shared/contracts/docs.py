"""docs/events.md, made from the classes.

Owns the page's layout. `python -m shared.contracts.docs [FILE]` writes it; a test checks that it is up to date.
"""

import inspect
import sys
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from shared.contracts import aid, ids, logistics, values, victims, vocabulary
from shared.contracts.envelope import Payload
from shared.contracts.field import EVENTS as FIELD
from shared.contracts.log import LogKeyAdded, LogOpened, log_key_added_class, log_opened_class
from shared.contracts.schemas import schema_of
from shared.contracts.vocabulary import Flag

PAGE = Path("docs/events.md")
SERVICE_MODULES = (victims, logistics, aid)

PREAMBLE = """\
# Events

Made by `python -m shared.contracts.docs` from `shared/contracts`; do not edit.

Every event is a CloudEvent 1.0 with Tanggap's extension attributes (`shared/contracts/envelope.py`). This page
says what stands in `data`. An absent field is left out, never null. Integers are below 2⁵³ in size. Dates are
legal dates in the installation's zone; instants are UTC. A reader ignores fields it does not know, skips types
it does not know and sets aside versions it does not know. Within a version only optional fields are added.

Events of services carry no personal data: random ids, coarse codes, and commitments whose content stays in the
owner's vault. Reports of posts do carry it; they travel by HTTPS only and are never logged.
"""


# How the page calls what is given by a pattern.
_PATTERNS: Mapping[str, str] = {
    TypeAdapter(spelling).json_schema()["pattern"]: words
    for spelling, words in (
        (ids.UuidText, "UUID"),
        (ids.Slug, "short name or UUID"),
        (ids.ActorText, "pseudonym"),
        (ids.SubjectText, "`<kind>/<id>`"),
        (ids.DemandText, "`<disaster id>:<area code>`"),
        (values.AreaCode, "code"),
        (values.Commitment, "SHA-256 in hex"),
        (values.DocumentNumber, "document number"),
        (values.BudgetCode, "budget code"),
    )
}


def page() -> str:
    """The whole page."""
    parts = [PREAMBLE]
    for module in SERVICE_MODULES:
        name = module.__name__.rpartition(".")[2]
        parts += [f"## {name}\n", _doc(module)]
        parts += [_event(payload) for payload in module.EVENTS]
    parts += ["## Every service's log\n", "These two are published by each service under its own name.\n"]
    parts += [_event(log_opened_class("service"), LogOpened), _event(log_key_added_class("service"), LogKeyAdded)]
    parts += ["## Reports of posts\n", _doc(sys.modules[FIELD[0].__module__])]
    parts += [_event(payload) for payload in FIELD]
    parts += ["## Vocabulary\n", _doc(vocabulary), *_vocabulary()]
    return "\n".join(parts)


def _doc(documented: object) -> str:
    return (inspect.getdoc(documented) or "") + "\n"


def _event(payload: type[Payload], documented: type[Payload] | None = None) -> str:
    schema = schema_of(payload)
    order = f", in order by `{payload.partition_by}`" if payload.partition_by else ""
    heading = payload.type.replace("service.", "<service>.", 1) if documented else payload.type
    lines = [
        f"### `{heading}`\n",
        _doc(documented or payload),
        f"Aggregate `{payload.kind}/<{payload.key}>`{order}.\n",
        "| field | value | |",
        "|---|---|---|",
        *(f"| `{path}` | {value} | {need} |" for path, value, need in _fields(schema, schema, "")),
        "",
    ]
    return "\n".join(lines)


def _fields(root: Mapping[str, Any], node: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str, str]]:
    """Each field as (dotted path, what its value is, required or optional), nested values included."""
    required = node.get("required", ())
    for name, declared in node["properties"].items():
        is_list = declared.get("type") == "array"
        path = f"{prefix}{name}[]" if is_list else f"{prefix}{name}"
        field = _resolved(root, {**declared["items"], **_described(declared)} if is_list else declared)
        always = name in required or "default" in declared
        yield path, _value(field), "required" if always else "optional"
        if "properties" in field:
            yield from _fields(root, field, f"{path}.")


def _resolved(root: Mapping[str, Any], field: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in field:
        return field
    return {**root["$defs"][field["$ref"].rpartition("/")[2]], **_described(field)}


def _described(field: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": field["description"]} if "description" in field else {}


def _value(field: Mapping[str, Any]) -> str:
    if "enum" in field:
        return " ".join(f"`{word}`" for word in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if "examples" in field:
        return "flag (open list)"
    return _words(_shape(field), field)


def _words(shape: str, field: Mapping[str, Any]) -> str:
    description = field.get("description", "").partition("\n")[0]
    return f"{shape}: {description}" if description else shape


def _shape(field: Mapping[str, Any]) -> str:
    if field["type"] == "integer":
        return f"integer ≥ {field['minimum']}"
    if "format" in field:
        return {"date": "date", "date-time": "instant"}[str(field["format"])]
    if "pattern" in field:
        return _PATTERNS.get(field["pattern"]) or "text `{}`".format(field["pattern"].replace("|", "\\|"))
    return f"text of at most {field['maxLength']} characters" if "maxLength" in field else str(field["type"])


def _vocabulary() -> Iterator[str]:
    for name, words in vars(vocabulary).items():
        if inspect.isclass(words) and issubclass(words, StrEnum) and words not in (StrEnum, Flag):
            yield f"### {name}\n"
            yield _doc(words)
            yield " ".join(f"`{word}`" for word in words) + "\n"


def main() -> int:
    """Write the page to the file named, docs/events.md by default."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    target.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
