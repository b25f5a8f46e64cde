"""From an event as it came to a draft: checked once, against the contract of its type.

Owns which types of reports come here and what a report must be before its content is looked at. Must not touch the
database.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from services.victims import areas
from services.victims.casualties import report as casualties
from services.victims.damage import report as damage
from services.victims.intake.domain import Report
from services.victims.intake.draft import Draft
from services.victims.registration import report as registration
from shared.contracts import field
from shared.contracts.ids import PostId
from shared.kit import clock
from shared.kit.access.roles import Principal
from shared.kit.errors import Problem
from shared.kit.http.intake import ItemProblem, RawEvent, invalid_item
from shared.kit.i18n import Languages
from shared.kit.vault.keys import VaultKeys

Reported = field.HouseholdRegistered | field.CasualtyReported | field.DamageReported
DraftOf = Callable[[Any, Report, VaultKeys], Draft]

DRAFTS: Mapping[type[Reported], DraftOf] = {
    field.HouseholdRegistered: registration.draft,
    field.CasualtyReported: casualties.draft,
    field.DamageReported: damage.draft,
}
TYPES: Mapping[str, type[Reported]] = {said.type: said for said in DRAFTS}
ELSEWHERE = frozenset(said.type for said in field.EVENTS) - TYPES.keys()


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading needs besides the event: who sends, for which post, when it arrived."""

    principal: Principal
    post_id: PostId
    received_at: datetime
    timezone: str
    keys: VaultKeys
    languages: Languages


@dataclass(frozen=True, slots=True)
class ReadReport:
    """A report as read: its envelope, its draft, and the event as it came."""

    raw: RawEvent
    envelope: field.FieldEnvelope
    disaster_id: str
    draft: Draft


def read_report(raw: RawEvent, reading: Reading) -> ReadReport | ItemProblem:
    """The draft of one event, or what is wrong with it."""
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
    report = _report(said, envelope, reading)
    return ReadReport(raw, envelope, said.disaster_id, DRAFTS[type_](said, report, reading.keys))


def _report(said: Reported, envelope: field.FieldEnvelope, reading: Reading) -> Report:
    return Report(
        disaster_id=said.disaster_id,
        post_id=reading.post_id,
        device_id=envelope.device_id,
        device_number=envelope.devicenumber,
        area_code=said.area_code,
        area_known=areas.is_known(said.area_code),
        captured_at=envelope.time,
        captured_on=clock.legal_date(envelope.time, reading.timezone),
        received_at=reading.received_at,
        recorded_on=clock.legal_date(reading.received_at, reading.timezone),
    )


def _other_type(type_: str) -> Problem:
    if type_ in ELSEWHERE:
        return Problem(
            slug="report-of-another-service",
            status=422,
            detail="Reports of this type go to another service.",
            next_step="Send reports about goods to the logistics service.",
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
