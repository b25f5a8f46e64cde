"""From an event as it came to a report: checked once, against the contract of its type.

Owns which types of reports come here and what a report must be before its content is looked at. Must not touch the
database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import ValidationError

from services.logistics.intake.domain import time_flags
from shared.contracts import field
from shared.contracts.ids import PlaceId
from shared.contracts.vocabulary import FieldFlag
from shared.kit import clock
from shared.kit.access.roles import Principal
from shared.kit.errors import Problem
from shared.kit.http.intake import ItemProblem, RawEvent, invalid_item
from shared.kit.i18n import Languages

Reported = (
    field.ShipmentReceived
    | field.ShipmentPassed
    | field.GoodsRequested
    | field.GoodsHandedOut
    | field.MealsServed
    | field.PlaceCounted
)
TYPES: Mapping[str, type[Reported]] = {
    said.type: said
    for said in (
        field.ShipmentReceived,
        field.ShipmentPassed,
        field.GoodsRequested,
        field.GoodsHandedOut,
        field.MealsServed,
        field.PlaceCounted,
    )
}
ELSEWHERE = frozenset(said.type for said in field.EVENTS) - TYPES.keys()


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading needs besides the event: who sends, from which place, when it arrived."""

    principal: Principal
    place_id: PlaceId
    received_at: datetime
    timezone: str
    languages: Languages


@dataclass(frozen=True, slots=True)
class Report:
    """A report as read. `happened_on` is the device's date where its clock can be believed, else the day it came."""

    raw: RawEvent
    envelope: field.FieldEnvelope
    said: Reported
    flags: tuple[FieldFlag, ...]
    happened_on: date
    received_at: datetime

    @property
    def happened_at(self) -> datetime:
        """When it happened by the device's clock, never after it came; when it came, where that cannot be believed."""
        lost = FieldFlag.IMPLAUSIBLE_TIME in self.flags
        return self.received_at if lost else min(self.envelope.time, self.received_at)


def read_report(raw: RawEvent, reading: Reading) -> Report | ItemProblem:
    """The report an event is, or what is wrong with it."""
    type_ = TYPES.get(raw.type)
    if type_ is None:
        return ItemProblem(raw.id, _other_type(raw.type))
    try:
        envelope = field.FieldEnvelope.model_validate(raw.event)
        said = type_.model_validate(raw.event["data"], extra="ignore")
    except ValidationError as error:
        return invalid_item(raw.id, error, reading.languages)
    if reading.principal.device_id not in (None, envelope.device_id):
        return ItemProblem(raw.id, _other_device())
    flags = time_flags(envelope.time, reading.received_at)
    believed = reading.received_at if FieldFlag.IMPLAUSIBLE_TIME in flags else envelope.time
    return Report(raw, envelope, said, flags, clock.legal_date(believed, reading.timezone), reading.received_at)


def _other_type(type_: str) -> Problem:
    if type_ in ELSEWHERE:
        return Problem(
            slug="report-of-another-service",
            status=422,
            detail="Reports of this type go to another service.",
            next_step="Send reports about people and houses to the victims service.",
        )
    return Problem(
        slug="type-unknown",
        status=422,
        detail="Reports of this type are not known here.",
        next_step="Update the sending program, or ask the office whether the service must be updated.",
    )


def _other_device() -> Problem:
    return Problem(
        slug="device-not-yours",
        status=403,
        detail="The report comes from another device than the one the token was issued for.",
        next_step="Send each device's reports under its own token.",
    )
