"""Strict reading agrees with two parsers wherever it accepts, and refuses what they could read differently."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kit.errors import ProblemError
from shared.kit.http.json_input import LARGEST_INTEGER, parse, parse_items

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
scalars = st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | texts
values = st.recursive(
    scalars, lambda child: st.lists(child, max_size=4) | st.dictionaries(texts, child, max_size=4), max_leaves=20
)


@given(value=values, ascii_only=st.booleans())
@settings(max_examples=200, deadline=None)
def test_accepted_values_are_what_both_parsers_read(value: Any, ascii_only: bool) -> None:
    """Whatever is within the limits is read, and means the same everywhere."""
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert parse(body) == value == orjson.loads(body)


@given(before=st.lists(values, max_size=3), after=st.lists(values, max_size=3), value=values)
@settings(max_examples=100, deadline=None)
def test_key_twice_is_found_in_its_item_alone(before: list[Any], after: list[Any], value: Any) -> None:
    """At any place of a batch, and one level down as well."""
    twice = f'{{"outer":[{{"key":{json.dumps(value)},"key":1}}]}}'
    body = ",".join([*map(json.dumps, before), twice, *map(json.dumps, after)])
    _, flaws = parse_items(f"[{body}]".encode())
    assert [flaw is not None for flaw in flaws] == [False] * len(before) + [True] + [False] * len(after)


@given(body=st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_value_or_a_problem(body: bytes) -> None:
    """No bytes make it fail in another way, and what it reads orjson reads too."""
    try:
        value = parse(body)
    except ProblemError:
        return
    assert orjson.loads(body) == value


@pytest.mark.parametrize("depth", [1, 2, 31, 32, 33, 100])
@pytest.mark.parametrize(("left", "right"), [("[", "]"), ('{"a":', "}")])
def test_nesting_is_counted_alike_for_lists_and_objects(depth: int, left: str, right: str) -> None:
    """32 levels, the outermost included."""
    inner = "[]" if left == "[" else "{}"
    body = (left * (depth - 1) + inner + right * (depth - 1)).encode()
    if depth <= 32:
        parse(body)
    else:
        with pytest.raises(ProblemError):
            parse(body)
