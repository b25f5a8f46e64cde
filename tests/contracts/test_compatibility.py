"""A change another release could not read is refused."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from shared.contracts import schemas
from shared.contracts.compatibility import breaking_changes
from shared.contracts.envelope import Payload
from shared.contracts.victims import HouseholdRegistered
from tests.contracts.catalogue_cases import ALL_CLASSES, committed_schema, type_of

Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize("payload", ALL_CLASSES, ids=type_of)
def test_events_can_be_read_across_releases(payload: type[Payload]) -> None:
    """Every event is what its committed schema says, or has optional fields more."""
    assert breaking_changes(committed_schema(payload), schemas.schema_of(payload)) == []


@pytest.mark.parametrize("payload", ALL_CLASSES, ids=type_of)
def test_committed_schema_is_up_to_date(payload: type[Payload]) -> None:
    """`python -m shared.contracts.schemas` was run after the last change."""
    assert committed_schema(payload) == schemas.schema_of(payload)


def test_no_committed_schema_is_an_orphan() -> None:
    """A type may not be dropped: logs hold it for ever."""
    assert {path.stem for path in schemas.FOLDER.glob("*.json")} == {payload.type for payload in ALL_CLASSES}


PLANTED: dict[str, Change] = {
    "a field removed": lambda schema: schema["properties"].pop("damage_claimed"),
    "a field renamed": lambda schema: schema["properties"].update(
        residing=schema["properties"].pop("residence"),
    ),
    "an optional field required": lambda schema: schema["required"].append("shelter_area_code"),
    "a required field optional": lambda schema: schema["required"].remove("residence"),
    "a new field required": lambda schema: (
        schema["properties"].update(kk_count={"type": "integer"}),
        schema["required"].append("kk_count"),
    ),
    "a type changed": lambda schema: schema["properties"]["happened_on"].update(type="integer"),
    "a format changed": lambda schema: schema["properties"]["happened_on"].update(format="date-time"),
    "a value removed": lambda schema: schema["$defs"]["Residence"]["enum"].remove("home"),
    "a value added to a closed list": lambda schema: schema["$defs"]["Residence"]["enum"].append("boat"),
    "a list made longer": lambda schema: schema["properties"]["persons"].update(maxItems=51),
    "a list made shorter": lambda schema: schema["properties"]["persons"].update(maxItems=49),
    "a bound tightened": lambda schema: schema["properties"]["device_number"].update(minimum=2),
    "a pattern tightened": lambda schema: schema["properties"]["area_code"].update(pattern="^62$"),
    "a nested field removed": lambda schema: schema["$defs"]["RegisteredPerson"]["properties"].pop("age_band"),
    "a nested field required": lambda schema: schema["$defs"]["PersonCommitments"]["required"].append("vulnerability"),
    "a default changed": lambda schema: schema["properties"]["flags"].update(default=["late"]),
    "another aggregate": lambda schema: schema.update({"x-key": "post_id"}),
    "another ordering": lambda schema: schema.update({"x-partition-by": "area_code"}),
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED.keys())
def test_a_change_another_release_cannot_read_is_found(planted: Change) -> None:
    """Each planted change is named."""
    old = schemas.schema_of(HouseholdRegistered)
    new = deepcopy(old)
    planted(new)
    assert breaking_changes(old, new)


ALLOWED: dict[str, Change] = {
    "a new optional field": lambda schema: schema["properties"].update(pets={"type": "integer"}),
    "a new optional nested field": lambda schema: schema["$defs"]["RegisteredPerson"]["properties"].update(
        arrived_on={"type": "string", "format": "date"},
    ),
    "a new flag in an open list": lambda schema: schema["$defs"]["FieldFlag"]["examples"].append("rained_on"),
    "another wording": lambda schema: schema.update(description="Said better."),
}


@pytest.mark.parametrize("planted", ALLOWED.values(), ids=ALLOWED.keys())
def test_a_change_every_release_can_read_is_allowed(planted: Change) -> None:
    """Optional fields, open lists and wording may grow."""
    old = schemas.schema_of(HouseholdRegistered)
    new = deepcopy(old)
    planted(new)
    assert breaking_changes(old, new) == []


def test_writing_schemas_refuses_to_replace_one_that_would_break(tmp_path: Path) -> None:
    """The command cannot be used to wave a breaking change through."""
    assert schemas.write(tmp_path) == []
    path = tmp_path / f"{HouseholdRegistered.type}.json"
    released = json.loads(path.read_text(encoding="utf-8"))
    released["properties"]["ethnicity"] = {"type": "string"}
    path.write_text(json.dumps(released), encoding="utf-8")
    assert schemas.write(tmp_path) == [f"{HouseholdRegistered.type}/ethnicity: the field was removed"]
    assert json.loads(path.read_text(encoding="utf-8")) == released
