"""Planned distributions: who is to get what on a day, within what each family is still due.

Owns the refusal of a plan beyond the entitlement, and that two plans never count on the same one: each ration is an
event of its household, and a plan made from what was true before is made again. Pure.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.logistics.entitlements.domain import Recipient
from services.logistics.entitlements.due import Share, beyond
from services.logistics.places import domain as places
from services.logistics.recipients.domain import CUSTODY
from services.logistics.requests.domain import plan_outdated
from shared.contracts.distribution import DistributionCancelled, DistributionPlanned, RationPlanned, WithdrawalReason
from shared.contracts.envelope import Payload
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import DisasterId, DistributionId, HouseholdId, ItemCode, PlaceId, ProfileId
from shared.kit.decisions.types import Event, Ref, Refusal, States

# As many families as a person can read in one answer.
FAMILIES_NAMED = 10

_Members = tuple[tuple[HouseholdId, int], ...]


@dataclass(frozen=True, slots=True)
class Distribution:
    """A planned distribution: the sum of its rations by item."""

    id: str
    version: int
    disaster_id: str
    place_id: str
    area_code: str
    household_count: int
    lines: Mapping[str, int]
    days: int
    planned_for: date
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class PlannedFamily:
    """A family as it was looked up: its households with the versions they had, and what it is due by item."""

    members: _Members
    person_count: int
    profile_id: ProfileId
    profile_version: int
    shares: Mapping[str, Share]


@dataclass(frozen=True, slots=True)
class PlannedHousehold:
    """A household that is to get goods. `family` is None where nobody registered the household."""

    household_id: HouseholdId
    lines: tuple[ItemQuantity, ...]
    family: PlannedFamily | None


@dataclass(frozen=True, slots=True)
class PlanDistribution:
    """The office plans who gets what out of a place's custody on a day."""

    distribution_id: DistributionId
    disaster_id: DisasterId
    place_id: PlaceId
    area_code: str
    days: int
    planned_for: date
    households: tuple[PlannedHousehold, ...]
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The distribution, and every household that gets something."""
        return (
            Ref("distribution", self.distribution_id),
            *(Ref("recipient", one.household_id) for one in self.households),
        )

    def reads(self) -> Sequence[Ref]:
        """The place, and the other households of the families."""
        return (Ref("place", self.place_id), *(Ref("recipient", id_) for id_, _ in self.members()))

    def members(self) -> Iterator[tuple[HouseholdId, int]]:
        """Every household of the families, with the version it had."""
        for family in {one.family.members: one.family for one in self.households if one.family is not None}.values():
            yield from family.members


@dataclass(frozen=True, slots=True)
class CancelDistribution:
    """The office says a planned distribution will not be held."""

    distribution_id: DistributionId
    reason: WithdrawalReason
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The distribution."""
        return (Ref("distribution", self.distribution_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_plan(states: States, command: PlanDistribution) -> list[Payload] | Refusal:
    """Plan rations that no family is given more by than it is still due."""
    refusal = _cannot_plan(states, command) or _cannot_name(states, command) or _beyond_entitlement(command)
    if refusal is not None:
        return refusal
    sums: dict[str, int] = defaultdict(int)
    rations: list[Payload] = []
    for one in command.households:
        if one.family is None:
            raise AssertionError("a household nobody registered is refused above")
        for line in one.lines:
            sums[line.item_code] += line.quantity
        rations.append(_ration(one, one.family, command))
    planned = DistributionPlanned(
        distribution_id=command.distribution_id,
        disaster_id=command.disaster_id,
        place_id=command.place_id,
        area_code=command.area_code,
        household_count=len(command.households),
        lines=tuple(
            ItemQuantity(item_code=ItemCode(item_code), quantity=quantity) for item_code, quantity in sums.items()
        ),
        days=command.days,
        planned_for=command.planned_for,
        planned_on=command.recorded_on,
    )
    return [planned, *rations]


def _ration(one: PlannedHousehold, family: PlannedFamily, command: PlanDistribution) -> RationPlanned:
    return RationPlanned(
        household_id=one.household_id,
        distribution_id=command.distribution_id,
        family=tuple(id_ for id_, _ in family.members),
        person_count=family.person_count,
        profile_id=family.profile_id,
        profile_version=family.profile_version,
        days=command.days,
        lines=one.lines,
        planned_for=command.planned_for,
    )


def _cannot_plan(states: States, command: PlanDistribution) -> Refusal | None:
    if states.find(Distribution, command.distribution_id) is not None:
        return Refusal(
            slug="distribution-planned-already",
            detail="Another distribution has this id.",
            next_step="Plan it under another id.",
        )
    if places.kind_of(states, command.place_id) not in CUSTODY:
        return places.place_unknown(command.place_id)
    if command.planned_for < command.recorded_on:
        return Refusal(
            slug="plan-in-the-past",
            detail="The day of the distribution is past.",
            next_step="Plan it for today or later; what was given already comes in as a list of recipients.",
            status=422,
        )
    return None


def _cannot_name(states: States, command: PlanDistribution) -> Refusal | None:
    if len({one.household_id for one in command.households}) < len(command.households):
        return Refusal(
            slug="household-named-twice",
            detail="A household is named more than once.",
            next_step="Name each household once.",
            status=422,
        )
    unknown = next((one.household_id for one in command.households if one.family is None), None)
    if unknown is not None:
        return household_unknown(unknown)
    for id_, version in command.members():
        recipient = states.find(Recipient, id_)
        if (recipient.version if recipient is not None else 0) != version:
            return plan_outdated()
    return None


def household_unknown(household_id: str) -> Refusal:
    """The refusal of a decision about a household that nobody registered."""
    return Refusal(
        slug="household-unknown",
        detail="No post has registered the household %(household_id)s yet.",
        next_step="Register it first; what it was given already comes in as a list of recipients.",
        params={"household_id": household_id},
        status=404,
    )


def _beyond_entitlement(command: PlanDistribution) -> Refusal | None:
    wanted: dict[_Members, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    families: dict[_Members, tuple[HouseholdId, PlannedFamily]] = {}
    for one in command.households:
        if one.family is None:
            continue
        families.setdefault(one.family.members, (one.household_id, one.family))
        for line in one.lines:
            wanted[one.family.members][line.item_code] += line.quantity
    over = []
    for members, (household_id, family) in families.items():
        left = beyond(wanted[members], family.shares)
        if left:
            over.append(f"{household_id}: {', '.join(f'{item} {amount}' for item, amount in left.items())}")
    if not over:
        return None
    return Refusal(
        slug="over-entitlement",
        detail="The plan gives %(count)d families more than they are still due. They may still get: %(remaining)s.",
        next_step="Plan no more than that, or later, when more is due.",
        params={"count": len(over), "remaining": "; ".join(over[:FAMILIES_NAMED])},
    )


def decide_cancel(states: States, command: CancelDistribution) -> list[Payload] | Refusal:
    """Cancel a planned distribution once; its rations are free again."""
    distribution = states.find(Distribution, command.distribution_id)
    if distribution is None:
        return Refusal(
            slug="distribution-unknown",
            detail="No distribution was planned under this id.",
            next_step="Check the id.",
            status=404,
        )
    if distribution.cancelled:
        return []
    return [
        DistributionCancelled(
            distribution_id=command.distribution_id, reason=command.reason, cancelled_on=command.recorded_on
        )
    ]


def evolve_distribution(distribution: Distribution | None, event: Event) -> Distribution:
    """The distribution as planned, and whether it holds."""
    match event.payload:
        case DistributionPlanned() as said:
            return Distribution(
                id=event.ref.id,
                version=event.sequence,
                disaster_id=said.disaster_id,
                place_id=said.place_id,
                area_code=said.area_code,
                household_count=said.household_count,
                lines={line.item_code: line.quantity for line in said.lines},
                days=said.days,
                planned_for=said.planned_for,
            )
        case DistributionCancelled() if distribution is not None:
            return replace(distribution, version=event.sequence, cancelled=True)
    raise TypeError(f"{event.payload.type} after {distribution and distribution.version}")
