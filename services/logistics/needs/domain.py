"""What the registered households of an area need, and how much of it went into requests.

Owns that each household's need is recorded once a registration, and that no more is requested than is needed. What
every household counts for is summed by the read model in `demand.py`: an area's state must not grow with its
households, or each registration would cost more than the one before. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from services.logistics.rations import domain as rations
from shared.contracts.envelope import Payload
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import DemandId, DisasterId, HouseholdId, PersonId, ProfileId, RequestId
from shared.contracts.logistics import DemandRequested, NeedRecorded
from shared.contracts.vocabulary import Residence
from shared.kit.decisions.types import Event, Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class Demand:
    """An area's needs in a disaster: how many needs were recorded, and what was requested so far by item."""

    id: str
    version: int
    needs_recorded: int = 0
    requested: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordNeed:
    """A household was registered, or registered again: what it needs replaces what it needed before.

    `person_count` leaves out persons who are registered elsewhere; `person_count_all` is the whole household.
    `identity_ids` are its persons, those registered elsewhere under the id they have there.
    """

    household_id: HouseholdId
    disaster_id: DisasterId
    area_code: str
    residence: Residence
    person_count: int
    person_count_all: int
    recorded_on: date
    identity_ids: tuple[PersonId, ...] = ()

    def aggregates(self) -> Sequence[Ref]:
        """The area's demand."""
        return (Ref("demand", demand_id(self.disaster_id, self.area_code)),)

    def reads(self) -> Sequence[Ref]:
        """The ration profile in force."""
        return (Ref("ration_profile", rations.DEFAULT),)


def demand_id(disaster_id: str, area_code: str) -> DemandId:
    """The id of an area's demand in a disaster."""
    return DemandId(f"{disaster_id}:{area_code}")


def decide_record_need(states: States, command: RecordNeed) -> list[Payload]:
    """Record what the household is due; one whose persons are all registered elsewhere is not counted."""
    profile = rations.in_force(states)
    counted = command.person_count > 0
    persons = command.person_count if counted else command.person_count_all
    return [
        NeedRecorded(
            demand_id=demand_id(command.disaster_id, command.area_code),
            disaster_id=command.disaster_id,
            area_code=command.area_code,
            household_id=command.household_id,
            residence=command.residence,
            person_count=persons,
            profile_id=ProfileId(profile.id),
            profile_version=profile.version,
            days=profile.days,
            lines=rations.ration(profile.lines, persons=persons, days=profile.days),
            counted=counted,
            identity_ids=command.identity_ids,
            recorded_on=command.recorded_on,
        )
    ]


def request_demand(
    demand: Demand | None,
    lines: Sequence[ItemQuantity],
    *,
    needed: Mapping[str, int],
    request: tuple[DemandId, RequestId, date],
) -> DemandRequested | Refusal:
    """Put a part of an area's needs into a request.

    `needed` is what the area's households need by item, together with what cancelled requests gave back.
    """
    requested: Mapping[str, int] = demand.requested if demand is not None else {}
    for line in lines:
        left = needed.get(line.item_code, 0) - requested.get(line.item_code, 0)
        if line.quantity > left:
            return Refusal(
                slug="demand-requested-already",
                detail="Only %(left)d of %(item_code)s is still open in this area.",
                next_step="Read the area's demand again and request what is open.",
                params={"left": max(left, 0), "item_code": line.item_code},
            )
    demand_, request_, on = request
    return DemandRequested(demand_id=demand_, request_id=request_, lines=tuple(lines), requested_on=on)


def evolve_demand(demand: Demand | None, event: Event) -> Demand:
    """The demand after a need or a request."""
    before = demand if demand is not None else Demand(event.ref.id, 0)
    match event.payload:
        case NeedRecorded():
            return replace(before, version=event.sequence, needs_recorded=before.needs_recorded + 1)
        case DemandRequested(lines=lines):
            requested = dict(before.requested)
            for line in lines:
                requested[line.item_code] = requested.get(line.item_code, 0) + line.quantity
            return replace(before, version=event.sequence, requested=requested)
    raise TypeError(f"{event.payload.type} after {before.version}")
