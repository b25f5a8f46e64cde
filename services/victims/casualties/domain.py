"""How a person reported dead, missing or injured is verified.

Owns the way from a post's report, which is taken as it comes, to an officer's decision, on which compensation
rests. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.victims.intake.domain import Report, date_flags, not_authorised, report_flags
from services.victims.registration.domain import Household
from services.victims.standing import Standing, not_rejectable, not_verifiable, reversed_by_rejection
from shared.contracts.envelope import Payload
from shared.contracts.ids import CasualtyId, DisasterId, HouseholdId, PersonId
from shared.contracts.victims import CasualtyCommitments, CasualtyRejected, CasualtyReported, CasualtyVerified
from shared.contracts.vocabulary import CasualtyKind, FieldFlag, RejectionReason
from shared.kit.decisions.types import Event, Ref, Refusal, States, UniqueKey


@dataclass(frozen=True, slots=True)
class Casualty:
    """A casualty as reported, and once verified as the officer has it. `decided_by` is the latest decision's event."""

    id: str
    version: int
    disaster_id: str
    post_id: str
    casualty_kind: CasualtyKind
    person_id: str | None
    household_id: str | None
    area_code: str
    occurred_on: date
    recorded_on: date
    flags: tuple[str, ...]
    standing: Standing = Standing.REPORTED
    decided_by: str | None = None
    decided_on: date | None = None


@dataclass(frozen=True, slots=True)
class ReportCasualty:
    """A post reports a casualty. `claims` are the digests under which the same casualty may have been reported."""

    report: Report
    casualty_id: CasualtyId
    casualty_kind: CasualtyKind
    occurred_on: date
    person_id: PersonId | None = None
    household_id: HouseholdId | None = None
    identity: str | None = None
    claims: tuple[UniqueKey, ...] = ()
    number_flags: tuple[FieldFlag, ...] = ()

    def aggregates(self) -> Sequence[Ref]:
        """The casualty."""
        return (Ref("casualty", self.casualty_id),)

    def reads(self) -> Sequence[Ref]:
        """The disaster, the post, and the household if one is named."""
        household = () if self.household_id is None else (Ref("household", self.household_id),)
        return (*self.report.reads(), *household)


@dataclass(frozen=True, slots=True)
class VerifyCasualty:
    """An officer confirms a casualty by documents. What is None stays as reported.

    `distinct` says that a likely duplicate was looked at and is another casualty.
    """

    casualty_id: CasualtyId
    document_count: int
    recorded_on: date
    casualty_kind: CasualtyKind | None = None
    occurred_on: date | None = None
    person_id: PersonId | None = None
    household_id: HouseholdId | None = None
    distinct: bool = False

    def aggregates(self) -> Sequence[Ref]:
        """The casualty."""
        return (Ref("casualty", self.casualty_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class RejectCasualty:
    """An officer does not confirm a casualty, or withdraws an own or another's confirmation."""

    casualty_id: CasualtyId
    reason: RejectionReason
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The casualty."""
        return (Ref("casualty", self.casualty_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_report(states: States, command: ReportCasualty) -> list[Payload] | Refusal:
    """Take a report of a casualty as it comes, flagged for what has to be looked at."""
    report = command.report
    refusal = not_authorised(states, report)
    if refusal is not None:
        return refusal
    flags = [
        *report_flags(states, report),
        *date_flags(states, report, command.occurred_on),
        *_reference_flags(states, command),
        *command.number_flags,
    ]
    if any(states.holder(claim) is not None for claim in command.claims):
        flags.append(FieldFlag.LIKELY_DUPLICATE)
    return [
        CasualtyReported(
            casualty_id=command.casualty_id,
            disaster_id=report.disaster_id,
            post_id=report.post_id,
            device_id=report.device_id,
            device_number=report.device_number,
            casualty_kind=command.casualty_kind,
            person_id=command.person_id,
            household_id=command.household_id,
            commitments=CasualtyCommitments(identity=command.identity),
            area_code=report.area_code,
            occurred_on=command.occurred_on,
            recorded_on=report.recorded_on,
            flags=tuple(dict.fromkeys(flags)),
        )
    ]


def _reference_flags(states: States, command: ReportCasualty) -> list[FieldFlag]:
    if command.household_id is None:
        return [FieldFlag.UNKNOWN_HOUSEHOLD] if command.person_id is not None else []
    household = states.find(Household, command.household_id)
    if household is None:
        return [FieldFlag.UNKNOWN_HOUSEHOLD]
    known = command.person_id is None or household.has(command.person_id)
    return [] if known else [FieldFlag.UNKNOWN_PERSON]


def decide_verify(states: States, command: VerifyCasualty) -> list[Payload] | Refusal:
    """Confirm a casualty by at least one document; again only if something about it changes."""
    casualty = states.find(Casualty, command.casualty_id)
    if casualty is None:
        return unknown_casualty()
    verified = CasualtyVerified(
        casualty_id=command.casualty_id,
        disaster_id=DisasterId(casualty.disaster_id),
        casualty_kind=command.casualty_kind or casualty.casualty_kind,
        person_id=command.person_id or _person(casualty.person_id),
        household_id=command.household_id or _household(casualty.household_id),
        occurred_on=command.occurred_on or casualty.occurred_on,
        verified_on=command.recorded_on,
        document_count=command.document_count,
    )
    return _not_verifiable(casualty, command, verified) or [verified]


def _not_verifiable(casualty: Casualty, command: VerifyCasualty, verified: CasualtyVerified) -> Refusal | None:
    if command.document_count < 1:
        return Refusal(
            slug="documents-required",
            detail="A casualty is verified by documents.",
            next_step="Collect at least one document, then verify.",
            status=422,
        )
    return not_verifiable(
        casualty,
        occurred_on=verified.occurred_on,
        recorded_on=command.recorded_on,
        distinct=command.distinct,
        unchanged=_same(casualty, verified),
    )


def _same(casualty: Casualty, verified: CasualtyVerified) -> bool:
    return (casualty.casualty_kind, casualty.occurred_on, casualty.person_id, casualty.household_id) == (
        verified.casualty_kind,
        verified.occurred_on,
        verified.person_id,
        verified.household_id,
    )


def decide_reject(states: States, command: RejectCasualty) -> list[Payload] | Refusal:
    """Do not confirm a casualty, or withdraw its verification: the rejection then points at it."""
    casualty = states.find(Casualty, command.casualty_id)
    if casualty is None:
        return unknown_casualty()
    if refusal := not_rejectable(casualty):
        return refusal
    return [
        CasualtyRejected(
            casualty_id=command.casualty_id,
            disaster_id=DisasterId(casualty.disaster_id),
            reason=command.reason,
            rejected_on=command.recorded_on,
            reverses=reversed_by_rejection(casualty),
        )
    ]


def unknown_casualty() -> Refusal:
    """The refusal of an office decision about a casualty nobody reported."""
    return Refusal(
        slug="casualty-unknown",
        detail="No casualty has been reported under this id.",
        next_step="Check the id, or wait until the post's report has arrived.",
        status=404,
    )


def evolve_casualty(casualty: Casualty | None, event: Event) -> Casualty:
    """The casualty after a report or a decision. What an officer verified is not undone by a later report."""
    match event.payload:
        case CasualtyReported() as said:
            return _reported(casualty, event, said)
        case CasualtyVerified() as said if casualty is not None:
            return replace(
                casualty,
                version=event.sequence,
                casualty_kind=said.casualty_kind,
                person_id=said.person_id,
                household_id=said.household_id,
                occurred_on=said.occurred_on,
                standing=Standing.VERIFIED,
                decided_by=event.id,
                decided_on=said.verified_on,
            )
        case CasualtyRejected() as said if casualty is not None:
            return replace(
                casualty,
                version=event.sequence,
                standing=Standing.REJECTED,
                decided_by=event.id,
                decided_on=said.rejected_on,
            )
    raise TypeError(f"{event.payload.type} after {casualty and casualty.version}")


def _reported(casualty: Casualty | None, event: Event, said: CasualtyReported) -> Casualty:
    if casualty is not None and casualty.standing is not Standing.REPORTED:
        return replace(casualty, version=event.sequence)
    return Casualty(
        id=event.ref.id,
        version=event.sequence,
        disaster_id=said.disaster_id,
        post_id=said.post_id,
        casualty_kind=said.casualty_kind,
        person_id=said.person_id,
        household_id=said.household_id,
        area_code=said.area_code,
        occurred_on=said.occurred_on,
        recorded_on=said.recorded_on,
        flags=tuple(str(flag) for flag in said.flags),
    )


def _person(id_: str | None) -> PersonId | None:
    return None if id_ is None else PersonId(id_)


def _household(id_: str | None) -> HouseholdId | None:
    return None if id_ is None else HouseholdId(id_)
