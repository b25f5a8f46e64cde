"""Events of every release stay readable: golden files parse and are written again byte for byte."""

import pytest

from shared.contracts.catalogue import dataschema, dump, parse, parse_field
from shared.contracts.envelope import Envelope, Payload
from shared.contracts.field import EVENTS as FIELD
from shared.contracts.field import FieldEnvelope
from tests.contracts.catalogue_cases import ALL_CLASSES, GOLDEN, SERVICE_CLASSES, golden, golden_text, type_of, written


@pytest.mark.parametrize("payload", SERVICE_CLASSES, ids=type_of)
def test_golden_service_event_is_written_again_byte_for_byte(payload: type[Payload]) -> None:
    """What one release logged, another reads and writes as the same bytes."""
    envelope = Envelope.model_validate_json(golden_text(payload))
    content = envelope.model_dump(mode="json", exclude_none=True)
    content["data"] = dump(parse(envelope.type, envelope.data))
    assert written(content) == golden_text(payload)


@pytest.mark.parametrize("payload", FIELD, ids=type_of)
def test_golden_report_is_written_again_byte_for_byte(payload: type[Payload]) -> None:
    """What one release of a post's device sends, another release of the service reads in full."""
    envelope = FieldEnvelope.model_validate_json(golden_text(payload))
    content = golden(payload)
    content["data"] = dump(parse_field(envelope.type, envelope.data))
    assert written(content) == golden_text(payload)


@pytest.mark.parametrize("payload", SERVICE_CLASSES, ids=type_of)
def test_golden_envelope_names_its_aggregate_and_schema(payload: type[Payload]) -> None:
    """Subject, ordering and schema follow from the payload alone."""
    envelope = golden(payload)
    event = parse(payload.type, envelope["data"])
    assert envelope["type"] == payload.type
    assert envelope["subject"] == f"{payload.kind}/{event.aggregate_id}"
    assert envelope["partitionkey"] == event.partition_key
    assert envelope["dataschema"] == dataschema(payload.type)


def test_every_event_has_a_golden_file_and_no_golden_file_is_an_orphan() -> None:
    """A type removed from the catalogue would leave logged events unreadable."""
    assert {path.stem for path in GOLDEN.glob("*.json")} == {payload.type for payload in ALL_CLASSES}


@pytest.mark.parametrize("payload", ALL_CLASSES, ids=type_of)
def test_golden_file_fills_every_list_and_most_optional_fields(payload: type[Payload]) -> None:
    """A golden file without its optional fields would not notice one being renamed."""
    filled = golden(payload)["data"]
    left_out = [name for name in payload.model_fields if name not in filled]
    allowed = ["shelter_area_code"] if payload.type == "victims.household_registered_again.v1" else []
    assert left_out == allowed
