"""Reading JSON from outside strictly: what two parsers could read differently is refused.

Owns the limits of I-JSON (RFC 7493) and of canonical JSON on input: UTF-8, no key twice, no NUL, no lone
surrogate, no float, integers within 2**53, nesting within 32. Must not know what the content means, and never
tells a value it found.
"""

import json
from collections.abc import Iterator
from typing import Any

from shared.kit.errors import Problem, ProblemError

LARGEST_INTEGER = 2**53 - 1
DEEPEST_NESTING = 32
UNPARSEABLE = "json-unparseable"
NOT_STRICT = "json-not-strict"
NEXT_STEP = "Correct the sending program, then send again."

TWICE = "A key stands twice in one object."
TOO_DEEP = "The content is nested too deeply."
NUMBER_TOO_LARGE = "A number is larger than can be read without loss."
FRACTION = "A number has a fraction or an exponent. Numbers are whole."
BAD_CHARACTER = "A text holds a NUL or half a character."


class _WithKeyTwice(dict[str, Any]):
    """An object whose text holds a key twice: kept so that only its item is refused."""


def parse(body: bytes) -> Any:
    """The value of a JSON text, with every flaw refused.

    Raises: ProblemError (400 json-unparseable, 400 json-not-strict).
    """
    value, flaws = parse_items(body)
    flaw = next((flaw for flaw in flaws if flaw), None)
    if flaw is not None:
        raise ProblemError(flaw_problem(flaw))
    return value


def parse_items(body: bytes) -> tuple[Any, list[str | None]]:
    """The value of a JSON text, and the flaw of each item where it is an array (else of the whole).

    Why by item: one bad event never holds back the others of its batch. A text that cannot be parsed at all
    has no items.

    Raises: ProblemError (400 json-unparseable).
    """
    try:
        value = _DECODER.decode(body.decode("utf-8", "strict"))
    except RecursionError as error:
        raise ProblemError(flaw_problem(TOO_DEEP)) from error
    except ValueError as error:
        raise ProblemError(unparseable()) from error
    escaped = b"\\u" in body
    flaw = flaw_of(value, depth=1, escaped=escaped)
    if not isinstance(value, list):
        return value, [flaw]
    if flaw is None:
        return value, [None] * len(value)
    return value, [flaw_of(item, depth=2, escaped=escaped) for item in value]


def flaw_of(value: Any, *, depth: int, escaped: bool) -> str | None:
    """The first flaw of a parsed value, or None. `escaped`: its text held `\\u` escapes, so texts are looked at.

    Goes level by level, in a loop, so that depth costs no stack.
    """
    level: list[Any] = [[value]]
    for _ in range(DEEPEST_NESTING - depth + 2):
        deeper: list[Any] = []
        for container in level:
            flaw = _flaw_here(container, deeper, escaped)
            if flaw is not None:
                return flaw
        if not deeper:
            return None
        level = deeper
    return TOO_DEEP


def _flaw_here(container: Any, deeper: list[Any], escaped: bool) -> str | None:
    children = container
    if type(container) is not list:
        if type(container) is _WithKeyTwice:
            return TWICE
        if escaped and any(map(_is_bad_text, container)):
            return BAD_CHARACTER
        children = container.values()
    for child in children:
        kind = type(child)
        if kind is str:
            if escaped and _is_bad_text(child):
                return BAD_CHARACTER
        elif kind is int:
            if not -LARGEST_INTEGER <= child <= LARGEST_INTEGER:
                return NUMBER_TOO_LARGE
        elif kind is float:
            return FRACTION
        elif kind is not bool and child is not None:
            deeper.append(child)
    return None


def unparseable() -> Problem:
    """The problem of a body that is not JSON in UTF-8."""
    return Problem(UNPARSEABLE, 400, detail="The content is not JSON in UTF-8.", next_step=NEXT_STEP)


def flaw_problem(flaw: str) -> Problem:
    """The problem of JSON that could be read in more than one way."""
    return Problem(NOT_STRICT, 400, detail=flaw, next_step=NEXT_STEP)


def flaw_messages() -> Iterator[str]:
    """Every text a flaw is told by, for the catalogue."""
    yield from (TWICE, TOO_DEEP, NUMBER_TOO_LARGE, FRACTION, BAD_CHARACTER, NEXT_STEP)


def _is_bad_text(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else _WithKeyTwice(made)


def _constant(_name: str) -> Any:
    raise ValueError("NaN and Infinity are not JSON")


def _fraction(_text: str) -> float:
    return 0.5


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_fraction, parse_constant=_constant)
