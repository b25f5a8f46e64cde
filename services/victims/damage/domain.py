"""How the damage to a household's house gets its class.

Owns the way from a post's report, which is taken as it comes, to the class a survey sets, on which compensation
rests. A class set later replaces the earlier one and says which it was. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.victims.intake.domain import Report, date_flags, not_authorised, report_flags
from services.victims.registration.domain import Household
from services.victims.standing import Standing, not_rejectable, not_verifiable, reversed_by_rejection
from shared.contracts.envelope import Payload
from shared.contracts.ids import DamageId, DisasterId, HouseholdId
from shared.contracts.victims import DamageRejected, DamageReported, DamageVerified
from shared.contracts.vocabulary import DamageClass, FieldFlag, RejectionReason
from shared.kit.decisions.types import Event, Ref, Refusal, States, UniqueKey


@dataclass(frozen=True, slots=True)
class Damage:
    """Damage to a house: the class the household claims, and the class a survey set."""

    id: str
    version: int
    household_id: str
    disaster_id: str
    post_id: str
    damage_claimed: DamageClass
    damage_class: DamageClass | None
    area_code: str
    occurred_on: date
    recorded_on: date
    flags: tuple[str, ...]
    standing: Standing = Standing.REPORTED
    decided_by: str | None = None
    decided_on: date | None = None


@dataclass(frozen=True, slots=True)
class ReportDamage:
    """A post reports damage. `house` is the digest under which another report of the same house is found."""

    report: Report
    damage_id: DamageId
    household_id: HouseholdId
    damage_claimed: DamageClass
    occurred_on: date
    house: UniqueKey

    def aggregates(self) -> Sequence[Ref]:
        """The damage."""
        return (Ref("damage", self.damage_id),)

    def reads(self) -> Sequence[Ref]:
        """The disaster, the post and the household."""
        return (*self.report.reads(), Ref("household", self.household_id))


@dataclass(frozen=True, slots=True)
class VerifyDamage:
    """A survey sets the class of a damage.

    `distinct` says that a likely duplicate was looked at and is another house.
    """

    damage_id: DamageId
    damage_class: DamageClass
    recorded_on: date
    occurred_on: date | None = None
    distinct: bool = False

    def aggregates(self) -> Sequence[Ref]:
        """The damage."""
        return (Ref("damage", self.damage_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class RejectDamage:
    """A survey does not confirm a damage, or a class set in error is withdrawn."""

    damage_id: DamageId
    reason: RejectionReason
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The damage."""
        return (Ref("damage", self.damage_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_report(states: States, command: ReportDamage) -> list[Payload] | Refusal:
    """Take a report of damage as it comes, flagged for what has to be looked at."""
    report = command.report
    refusal = not_authorised(states, report)
    if refusal is not None:
        return refusal
    flags = [*report_flags(states, report), *date_flags(states, report, command.occurred_on)]
    if states.find(Household, command.household_id) is None:
        flags.append(FieldFlag.UNKNOWN_HOUSEHOLD)
    if states.holder(command.house) is not None:
        flags.append(FieldFlag.LIKELY_DUPLICATE)
    return [
        DamageReported(
            damage_id=command.damage_id,
            household_id=command.household_id,
            disaster_id=report.disaster_id,
            post_id=report.post_id,
            device_id=report.device_id,
            device_number=report.device_number,
            damage_claimed=command.damage_claimed,
            area_code=report.area_code,
            occurred_on=command.occurred_on,
            recorded_on=report.recorded_on,
            flags=tuple(flags),
        )
    ]


def decide_verify(states: States, command: VerifyDamage) -> list[Payload] | Refusal:
    """Set the class of a damage; again only if the class or the date changes."""
    damage = states.find(Damage, command.damage_id)
    if damage is None:
        return unknown_damage()
    occurred_on = command.occurred_on or damage.occurred_on
    refusal = not_verifiable(
        damage,
        occurred_on=occurred_on,
        recorded_on=command.recorded_on,
        distinct=command.distinct,
        unchanged=(damage.damage_class, damage.occurred_on) == (command.damage_class, occurred_on),
    )
    if refusal is not None:
        return refusal
    verified = damage.standing is Standing.VERIFIED
    return [
        DamageVerified(
            damage_id=command.damage_id,
            household_id=HouseholdId(damage.household_id),
            disaster_id=DisasterId(damage.disaster_id),
            damage_class=command.damage_class,
            previous_class=damage.damage_class if verified else None,
            occurred_on=occurred_on,
            verified_on=command.recorded_on,
        )
    ]


def decide_reject(states: States, command: RejectDamage) -> list[Payload] | Refusal:
    """Do not confirm a damage, or withdraw its class: the rejection then points at the verification."""
    damage = states.find(Damage, command.damage_id)
    if damage is None:
        return unknown_damage()
    if refusal := not_rejectable(damage):
        return refusal
    return [
        DamageRejected(
            damage_id=command.damage_id,
            household_id=HouseholdId(damage.household_id),
            disaster_id=DisasterId(damage.disaster_id),
            reason=command.reason,
            rejected_on=command.recorded_on,
            reverses=reversed_by_rejection(damage),
        )
    ]


def unknown_damage() -> Refusal:
    """The refusal of an office decision about a damage nobody reported."""
    return Refusal(
        slug="damage-unknown",
        detail="No damage has been reported under this id.",
        next_step="Check the id, or wait until the post's report has arrived.",
        status=404,
    )


def evolve_damage(damage: Damage | None, event: Event) -> Damage:
    """The damage after a report or a decision. What a survey verified is not undone by a later report."""
    match event.payload:
        case DamageReported() as said:
            return _reported(damage, event, said)
        case DamageVerified() as said if damage is not None:
            return replace(
                damage,
                version=event.sequence,
                damage_class=said.damage_class,
                occurred_on=said.occurred_on,
                standing=Standing.VERIFIED,
                decided_by=event.id,
                decided_on=said.verified_on,
            )
        case DamageRejected() as said if damage is not None:
            return replace(
                damage,
                version=event.sequence,
                damage_class=None,
                standing=Standing.REJECTED,
                decided_by=event.id,
                decided_on=said.rejected_on,
            )
    raise TypeError(f"{event.payload.type} after {damage and damage.version}")


def _reported(damage: Damage | None, event: Event, said: DamageReported) -> Damage:
    if damage is not None and damage.standing is not Standing.REPORTED:
        return replace(damage, version=event.sequence)
    return Damage(
        id=event.ref.id,
        version=event.sequence,
        household_id=said.household_id,
        disaster_id=said.disaster_id,
        post_id=said.post_id,
        damage_claimed=said.damage_claimed,
        damage_class=None,
        area_code=said.area_code,
        occurred_on=said.occurred_on,
        recorded_on=said.recorded_on,
        flags=tuple(str(flag) for flag in said.flags),
    )
