"""How a reader meets events of other releases, and how a producer is kept to the contract."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.contracts.aid import BudgetEnacted, ClaimOpened
from shared.contracts.catalogue import (
    SERVICE_EVENTS,
    BadContent,
    Catalogue,
    UnknownType,
    UnknownVersion,
    checkpoint_stream_name,
    dump,
    parse,
    parse_field,
    stream_name,
)
from shared.contracts.envelope import Payload, timestamp
from shared.contracts.field import FieldEnvelope, GoodsHandedOut
from shared.contracts.field import HouseholdRegistered as HouseholdReport
from shared.contracts.log import log_key_added_class, log_opened
from shared.contracts.values import INTEGER_BOUND, Address, FieldAreaCode, Instant, LegalDate, PersonName
from shared.contracts.victims import DeviceWithdrawn, HouseholdRegistered
from shared.contracts.vocabulary import FieldFlag
from tests.contracts.catalogue_cases import ALL_CLASSES, golden, type_of

SECRET = "Siti Rahasia 6206064704910000"


@pytest.mark.parametrize("payload", ALL_CLASSES, ids=type_of)
def test_reader_ignores_fields_of_a_newer_release(payload: type[Payload]) -> None:
    """An optional field added later, at any depth, does not disturb an older reader."""
    known = golden(payload)["data"]
    read = parse_field if payload.type.startswith("field.") else parse
    assert dump(read(payload.type, _with_unknown_fields(known))) == known


@pytest.mark.parametrize("payload", ALL_CLASSES, ids=type_of)
def test_producer_cannot_send_a_field_the_contract_does_not_name(payload: type[Payload]) -> None:
    """What no reader expects is a mistake of the sender, found before it is logged."""
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        payload.model_validate({**golden(payload)["data"], "surprise": 1})


def _with_unknown_fields(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_unknown_fields(inner) for name, inner in value.items()} | {"added_later": 1}
    if isinstance(value, list):
        return [_with_unknown_fields(inner) for inner in value]
    return value


def test_reader_keeps_a_flag_it_does_not_know() -> None:
    """A flag added later is kept, shown and written again as it came."""
    known = golden(HouseholdRegistered)["data"]
    event = parse(HouseholdRegistered.type, {**known, "flags": ["late", "rained_on"]})
    assert isinstance(event, HouseholdRegistered)
    assert event.flags[0] is FieldFlag.LATE
    assert event.flags[1].value == "rained_on"
    assert dump(event)["flags"] == ["late", "rained_on"]


def test_flag_that_is_not_a_plain_word_is_refused() -> None:
    """An open list is no door for free text."""
    known = golden(HouseholdRegistered)["data"]
    with pytest.raises(BadContent):
        parse(HouseholdRegistered.type, {**known, "flags": [SECRET]})


def test_unknown_type_and_unknown_version_are_told_apart() -> None:
    """A reader skips what it never heard of, and sets aside what it will understand after an upgrade."""
    with pytest.raises(UnknownType):
        parse("victims.volunteer_thanked.v1", {})
    with pytest.raises(UnknownType):
        parse(SECRET, {})
    with pytest.raises(UnknownVersion):
        parse("victims.household_registered.v2", {})


def test_report_from_the_field_is_no_service_event() -> None:
    """A post's report with its names can never be read from, or published to, a stream."""
    assert HouseholdReport.type not in SERVICE_EVENTS.classes
    with pytest.raises(UnknownType):
        parse(HouseholdReport.type, golden(HouseholdReport)["data"])


@pytest.mark.parametrize("payload", ALL_CLASSES, ids=type_of)
def test_bad_content_names_the_place_and_never_the_value(payload: type[Payload]) -> None:
    """An error may be logged: it must not carry what somebody wrote about a person."""
    spoilt = {name: {SECRET: SECRET} for name in payload.model_fields}
    read = parse_field if payload.type.startswith("field.") else parse
    with pytest.raises(BadContent) as caught:
        read(payload.type, spoilt)
    assert {fault.pointer.split("/")[1] for fault in caught.value.faults} <= set(payload.model_fields)
    assert "Rahasia" not in f"{caught.value}{caught.value.faults}{caught.value.__context__}"


def test_content_that_is_no_object_is_bad_content() -> None:
    """A list or a number where an object belongs is parked like any bad content."""
    with pytest.raises(BadContent):
        parse(HouseholdRegistered.type, [1])  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", [1.0, "1", True, -1, 0, INTEGER_BOUND])
def test_money_is_a_positive_whole_number_below_two_to_the_53(amount: object) -> None:
    """Rupiah are integers: no fraction, no text, no truth value, nothing a reader would round."""
    with pytest.raises(BadContent):
        parse(BudgetEnacted.type, {**golden(BudgetEnacted)["data"], "amount_idr": amount})


def test_money_up_to_the_bound_is_exact() -> None:
    """The largest amount is written as it is."""
    event = parse(BudgetEnacted.type, {**golden(BudgetEnacted)["data"], "amount_idr": INTEGER_BOUND - 1})
    assert dump(event)["amount_idr"] == INTEGER_BOUND - 1


def test_claim_without_a_rule_in_force_leaves_its_amount_out() -> None:
    """Absent is left out of the event, never written as null."""
    content = golden(ClaimOpened)["data"]
    for name in ("rule_id", "amount_idr", "fund_source", "difference_of", "person_id"):
        del content[name]
    assert dump(parse(ClaimOpened.type, content)) == content


@pytest.mark.parametrize("wrong", ["2026-11-17T02:00:00", 1763344800, "1763344800", "2026-11-17", "yesterday"])
def test_instant_without_a_zone_is_refused(wrong: object) -> None:
    """A time without a zone may be seven hours wrong; nobody guesses."""
    with pytest.raises(BadContent):
        parse(DeviceWithdrawn.type, {**golden(DeviceWithdrawn)["data"], "withdrawn_at": wrong})


@pytest.mark.parametrize("wrong", ["2026-02-30", "2026-11-17T00:00:00", 20451, "17-11-2026", "2026-1-7"])
def test_legal_date_is_a_calendar_date(wrong: object) -> None:
    """A legal date is a day, written one way."""
    with pytest.raises(ValidationError):
        TypeAdapter(LegalDate).validate_python(wrong)


@given(st.datetimes(timezones=st.timezones()))
def test_equal_instants_are_written_as_equal_bytes(instant: datetime) -> None:
    """Whatever zone a sender writes in, the event holds one spelling in UTC."""
    adapter = TypeAdapter(Instant)
    try:
        in_utc = instant.astimezone(UTC)
    except OverflowError:
        with pytest.raises(ValidationError, match="outside the years"):
            adapter.validate_python(instant)
        return
    spelled = adapter.dump_python(adapter.validate_python(instant), mode="json")
    assert spelled == adapter.dump_python(adapter.validate_python(in_utc), mode="json")
    assert datetime.fromisoformat(spelled) == in_utc


def test_device_clock_in_the_year_one_is_still_written_as_rfc_3339() -> None:
    """An implausible time is a fact to flag, and the log must be able to read it back."""
    assert timestamp(datetime(1, 1, 2, tzinfo=UTC)) == "0001-01-02T00:00:00.000000Z"


@given(st.dates(min_value=date(1000, 1, 1)))
def test_dates_are_read_as_they_are_written(day: date) -> None:
    """A date survives the way through an event."""
    adapter = TypeAdapter(LegalDate)
    assert adapter.validate_python(adapter.dump_python(day, mode="json")) == day


@given(st.text())
def test_name_is_kept_in_one_spelling_or_refused(written: str) -> None:
    """A name read again is the same name: normal form C, no control characters, no blank ends."""
    adapter = TypeAdapter(PersonName)
    try:
        name = adapter.validate_python(written)
    except ValidationError:
        return
    assert adapter.validate_python(name) == name
    assert name.strip() == name
    assert not any(ord(character) < 0x20 for character in name)


def test_two_spellings_of_a_name_become_one() -> None:
    """A composed and a decomposed é are the same letter to whoever searches for the person."""
    adapter = TypeAdapter(PersonName)
    assert adapter.validate_python("Rene\u0301") == adapter.validate_python("Ren\u00e9")


def test_pasted_address_keeps_its_words_and_loses_its_line_breaks() -> None:
    """A post on a bad phone pastes several lines: the report is taken."""
    assert TypeAdapter(Address).validate_python("RT 02\r\nTumbang Samba\n") == "RT 02  Tumbang Samba"


@pytest.mark.parametrize("text", ["a\x00b", "\x1b[2J", "a\x85b", "", "  \n "])
def test_control_characters_and_empty_texts_are_refused(text: str) -> None:
    """NUL breaks databases and escape sequences break terminals."""
    with pytest.raises(ValidationError):
        TypeAdapter(PersonName).validate_python(text)


@pytest.mark.parametrize("number", ["123", "tidak ada", "62060647049100000000", "६२०६"])
def test_malformed_identity_number_of_a_victim_is_accepted(number: str) -> None:
    """Somebody without papers, or with a wrong number, is registered all the same; the service flags it."""
    report = golden(HouseholdReport)["data"]
    report["kk_number"] = report["persons"][0]["nik"] = number
    event = parse_field(HouseholdReport.type, report)
    assert isinstance(event, HouseholdReport)
    assert event.persons[0].nik == event.kk_number == number


@pytest.mark.parametrize(
    ("sent", "read"), [("6206", "62.06"), ("620606", "62.06.06"), ("6206062004", "62.06.06.2004"), ("62", "62")]
)
def test_area_code_of_a_report_may_come_without_dots(sent: str, read: str) -> None:
    """Posts copy codes from lists with and without dots; events hold the dotted one."""
    assert TypeAdapter(FieldAreaCode).validate_python(sent) == read


def test_handed_out_line_names_a_lot_or_an_item() -> None:
    """Goods that are neither can be booked nowhere."""
    report = golden(GoodsHandedOut)["data"]
    report["lines"] = [{"quantity": 2}]
    with pytest.raises(BadContent, match="a line names a lot or an item"):
        parse_field(GoodsHandedOut.type, report)


def test_report_with_a_malformed_trace_is_still_a_report() -> None:
    """Tracing never costs a fact from the field, and the device's own zone does no harm."""
    sent = {**golden(HouseholdReport), "traceparent": "00-xyz", "time": "2026-11-18T15:15:30.5+07:00", "extra": 1}
    envelope = FieldEnvelope.model_validate(sent)
    assert envelope.traceparent is None
    assert envelope.time == datetime(2026, 11, 18, 8, 15, 30, 500_000, tzinfo=UTC)
    assert envelope.device_id == sent["source"].removeprefix("urn:tanggap:device:")


@pytest.mark.parametrize("number", [0, -1, 1.5, "3", None])
def test_device_number_counts_from_one(number: object) -> None:
    """Without its number a report's gaps could not be told."""
    with pytest.raises(ValidationError):
        FieldEnvelope.model_validate({**golden(HouseholdReport), "devicenumber": number})


def test_any_service_can_open_a_log() -> None:
    """The log's own events carry the name of whichever service keeps it."""
    opened = log_opened(
        "toy",
        log_id="01936f5e-3a01-7001-8001-0c0ffee00001",
        installation="local",
        partitions=4,
        opened_on=date(2026, 11, 1),
    )
    assert opened.type == "toy.log_opened.v1"
    assert opened.service == "toy"
    assert log_key_added_class("toy").type == "toy.log_key_added.v1"
    with pytest.raises(ValueError, match="lower-case"):
        log_opened("Toy.x")


def test_two_classes_cannot_claim_one_type() -> None:
    """A type means one thing."""
    with pytest.raises(ValueError, match="taken"):
        Catalogue.of([BudgetEnacted], [BudgetEnacted])


def test_streams_are_named_after_service_and_partition() -> None:
    """The names readers and access rules rely on."""
    assert stream_name("victims", 3) == "tanggap.victims.3"
    assert checkpoint_stream_name("victims") == "tanggap.victims.checkpoints"
