"""What pydantic found, told without what it found it in.

Owns one sentence an error type. Only limits our own models state (`ge`, `max_length`, expected values) are
filled in; a name the sender chose, or a message that may quote the input, is left out.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.kit.errors import FieldProblem
from shared.kit.i18n import Languages

MOST_ERRORS = 50
OTHER = "The value does not fit here."
MESSAGES: Mapping[str, str] = {
    "missing": "This field is required.",
    "extra_forbidden": "This object holds a field that is not known here.",
    "string_type": "A text is expected.",
    "string_too_short": "The text has fewer than %(min_length)s characters.",
    "string_too_long": "The text has more than %(max_length)s characters.",
    "string_pattern_mismatch": "The text does not have the expected form.",
    "int_type": "A whole number is expected.",
    "int_parsing": "A whole number is expected.",
    "int_from_float": "A whole number is expected.",
    "bool_type": "true or false is expected.",
    "bool_parsing": "true or false is expected.",
    "greater_than": "The number must be greater than %(gt)s.",
    "greater_than_equal": "The number must be at least %(ge)s.",
    "less_than": "The number must be less than %(lt)s.",
    "less_than_equal": "The number must be at most %(le)s.",
    "too_short": "The list has fewer than %(min_length)s entries.",
    "too_long": "The list has more than %(max_length)s entries.",
    "list_type": "A list is expected.",
    "tuple_type": "A list is expected.",
    "dict_type": "An object is expected.",
    "model_type": "An object is expected.",
    "model_attributes_type": "An object is expected.",
    "enum": "One of these is expected: %(expected)s.",
    "literal_error": "One of these is expected: %(expected)s.",
    "uuid_parsing": "A UUID is expected.",
    "uuid_type": "A UUID is expected.",
    "date_type": "A date like 2026-11-24 is expected.",
    "date_parsing": "A date like 2026-11-24 is expected.",
    "date_from_datetime_parsing": "A date like 2026-11-24 is expected.",
    "datetime_type": "An instant like 2026-11-24T01:02:03Z is expected.",
    "datetime_parsing": "An instant like 2026-11-24T01:02:03Z is expected.",
    "datetime_from_date_parsing": "An instant like 2026-11-24T01:02:03Z is expected.",
    "timezone_aware": "An instant with its zone is expected, like 2026-11-24T01:02:03Z.",
    "union_tag_not_found": "The field that names the kind is missing.",
    "union_tag_invalid": "The kind is none of the known ones.",
    "none_required": "No value is expected here.",
}
_PLACES = re.compile(r"%\((\w+)\)s")
_OUR_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,40}")


def field_problems(errors: Sequence[Mapping[str, Any]], languages: Languages) -> tuple[FieldProblem, ...]:
    """Each place that does not fit, at most 50, with what is expected there."""
    return tuple(_field_problem(error, languages) for error in errors[:MOST_ERRORS])


def _field_problem(error: Mapping[str, Any], languages: Languages) -> FieldProblem:
    kind, context = str(error["type"]), error.get("ctx") or {}
    location = _location(error["loc"], chosen_by_sender=kind == "extra_forbidden")
    if kind == "value_error":
        own = str(context.get("error", ""))
        return FieldProblem(location, own if languages.knows(own) else OTHER)
    message = MESSAGES.get(kind, OTHER)
    names = _PLACES.findall(message)
    if any(name not in context for name in names):
        return FieldProblem(location, OTHER)
    return FieldProblem(location, message, {name: str(context[name]) for name in names})


def _location(parts: Sequence[Any], *, chosen_by_sender: bool) -> str:
    named = parts[:-1] if chosen_by_sender else parts
    return ".".join(_place(part) for part in named) or "body"


def _place(part: Any) -> str:
    if isinstance(part, int):
        return str(part)
    return part if isinstance(part, str) and _OUR_NAME.fullmatch(part) else "*"
