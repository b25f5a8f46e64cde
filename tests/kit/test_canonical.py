"""Canonical JSON agrees with RFC 8785 on everything an event may hold, and derived ids are stable."""

import uuid

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared.kit import clock
from shared.kit.canonical import assert_canonical, canonical

KEYS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12)
LEAVES = st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8"), max_size=30)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=25
)


@given(VALUES)
def test_canonical_bytes_are_those_of_rfc_8785(value: object) -> None:
    """Anybody with a standard library for RFC 8785 gets our leaf bytes."""
    assert_canonical(value)
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(VALUES)
def test_canonical_bytes_read_back_as_the_same_value_and_bytes(value: object) -> None:
    """Writing what was read changes nothing."""
    assert canonical(orjson.loads(canonical(value))) == canonical(value)


@pytest.mark.parametrize("value", [None, 1.5, {"a": None}, [0.0], {"ä": 1}, {1: 2}, {"a": {1, 2}}, 2**53])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    """Null, floats, keys outside ASCII and numbers a double cannot hold never reach a leaf."""
    with pytest.raises((ValueError, TypeError)):
        _written(value)


def _written(value: object) -> bytes:
    assert_canonical(value)
    return canonical(value)


@given(st.uuids(), st.text(max_size=20), st.integers(0, 500))
def test_a_derived_id_is_a_stable_uuid_of_version_8(source: uuid.UUID, reaction: str, index: int) -> None:
    """The same event and reaction give the same id for ever; another reaction or place gives another."""
    derived = uuid.UUID(clock.derived_id(str(source), reaction, index))
    assert derived.version == 8 and derived.variant == uuid.RFC_4122
    assert str(derived) == clock.derived_id(str(source), reaction, index)
    assert str(derived) != clock.derived_id(str(source), reaction, index + 1)
    assert str(derived) != clock.derived_id(str(source), reaction + "x", index)
