"""How requests come about: the office asks by hand, as a draft or out of an area's needs, and posts ask for themselves.

Owns that an office names known goods and places. A post's request is a report: what is odd about it is flagged. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.intake.domain import Capture, not_authorised, sender_flags
from services.logistics.items import domain as items
from services.logistics.needs.domain import Demand, request_demand
from services.logistics.places import domain as places
from services.logistics.rations.domain import RationProfile
from services.logistics.requests.addressing import first_addressee
from services.logistics.requests.domain import (
    Approval,
    Request,
    item_named_twice,
    plan_outdated,
    request_closed,
    together,
)
from services.logistics.requests.waiting import Deadline
from shared.contracts.envelope import Payload
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import ActorId, DemandId, DisasterId, PlaceId, RequestId
from shared.contracts.partners import AidedPeople
from shared.contracts.requests import RequestOpened, RequestOrigin, RequestSubmitted, StatedNeed
from shared.contracts.vocabulary import FieldFlag, PlaceKind, Urgency
from shared.kit.decisions.types import Ref, Refusal, States

DESTINATIONS = frozenset(
    {PlaceKind.POST, PlaceKind.VILLAGE, PlaceKind.WAREHOUSE, PlaceKind.LUMBUNG, PlaceKind.DROP_POINT, PlaceKind.KITCHEN}
)


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """The office asks goods for a place: by hand, or out of an area's open needs.

    `needed` is given with `demand_id`: what the area's households need by item, as it was read; `need` shows how that
    came about where a norm was named. Without a deadline the request is a draft.
    """

    request_id: RequestId
    disaster_id: DisasterId
    area_code: str
    to_place_id: PlaceId
    urgency: Urgency
    requested_by: ActorId
    deadline: Deadline | None
    lines: tuple[ItemQuantity, ...]
    recorded_on: date
    area_known: bool = True
    person_count: int | None = None
    demand_id: DemandId | None = None
    needed: Mapping[str, int] | None = None
    need: StatedNeed | None = None
    people: tuple[AidedPeople, ...] = ()

    def aggregates(self) -> Sequence[Ref]:
        """The request, and the demand it is taken from."""
        demand = (Ref("demand", self.demand_id),) if self.demand_id is not None else ()
        return (*demand, Ref("request", self.request_id))

    def reads(self) -> Sequence[Ref]:
        """The place asked for, the items, and the norm named."""
        norm = (Ref("ration_profile", self.need.profile_id),) if self.need is not None else ()
        return (Ref("place", self.to_place_id), *(Ref("item", line.item_code) for line in self.lines), *norm)


@dataclass(frozen=True, slots=True)
class SubmitDraft:
    """The author of a draft submits it, with other lines where they changed."""

    request_id: RequestId
    by: ActorId
    deadline: Deadline
    lines: tuple[ItemQuantity, ...] | None = None

    def aggregates(self) -> Sequence[Ref]:
        """The request."""
        return (Ref("request", self.request_id),)

    def reads(self) -> Sequence[Ref]:
        """The items named anew."""
        return tuple(Ref("item", line.item_code) for line in self.lines or ())


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """A post asks for goods.

    `again_id` is the id the request gets where the post used one for another request before.
    """

    request_id: RequestId
    again_id: RequestId
    disaster_id: DisasterId
    area_code: str
    place_id: PlaceId
    urgency: Urgency
    requested_by: ActorId
    deadline: Deadline
    lines: tuple[ItemQuantity, ...]
    person_count: int | None
    capture: Capture
    flags: tuple[FieldFlag, ...]
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The request under either id."""
        return (Ref("request", self.request_id), Ref("request", self.again_id))

    def reads(self) -> Sequence[Ref]:
        """The post's place, and the items."""
        return (Ref("place", self.place_id), *(Ref("item", line.item_code) for line in self.lines))


def decide_open_request(states: States, command: OpenRequest) -> list[Payload] | Refusal:
    """Open a request for goods of the catalogue, each named once, to a place that can take them."""
    refusal = _cannot_open(states, command)
    if refusal is not None:
        return refusal
    deadline = command.deadline
    opened = RequestOpened(
        request_id=command.request_id,
        disaster_id=command.disaster_id,
        area_code=command.area_code,
        to_place_id=command.to_place_id,
        urgency=command.urgency,
        origin=RequestOrigin.OFFICE if command.demand_id is None else RequestOrigin.NEEDS,
        requested_by=command.requested_by,
        addressed_to=first_addressee(command.area_code),
        received_at=deadline.received_at if deadline is not None else None,
        warn_at=deadline.warn_at if deadline is not None else None,
        due_at=deadline.due_at if deadline is not None else None,
        lines=command.lines,
        person_count=command.person_count,
        people=command.people,
        need=command.need,
        opened_on=command.recorded_on,
    )
    if command.demand_id is None:
        return [opened]
    taken = request_demand(
        states.find(Demand, command.demand_id),
        command.lines,
        needed=command.needed or {},
        request=(command.demand_id, command.request_id, command.recorded_on),
    )
    return taken if isinstance(taken, Refusal) else [opened, taken]


def _cannot_open(states: States, command: OpenRequest) -> Refusal | None:
    if states.find(Request, command.request_id) is not None:
        return Refusal(
            slug="request-opened-already",
            detail="A request with this id was opened already.",
            next_step="Open the request under another id.",
        )
    if not command.area_known:
        return places.area_unknown(command.area_code)
    if places.kind_of(states, command.to_place_id) not in DESTINATIONS:
        return places.place_unknown(command.to_place_id)
    if command.need is not None:
        norm = states.find(RationProfile, command.need.profile_id)
        if norm is None or norm.version != command.need.profile_version:
            return plan_outdated()
    return _misnamed(states, command.lines)


def _misnamed(states: States, lines: Sequence[ItemQuantity]) -> Refusal | None:
    codes = [line.item_code for line in lines]
    return item_named_twice() if len(set(codes)) < len(codes) else items.unknown_among(states, codes)


def decide_submit_draft(states: States, command: SubmitDraft) -> list[Payload] | Refusal:
    """Make a draft a request: its clock starts now."""
    request = states.find(Request, command.request_id)
    if request is None or request.cancelled:
        return request_closed(request)
    if request.approval is not Approval.DRAFT:
        return Refusal(
            slug="request-submitted-already",
            detail="The request is no draft any more.",
            next_step="Read the request again.",
        )
    if request.requested_by != command.by:
        return Refusal(
            slug="draft-of-another",
            detail="Somebody else wrote this draft.",
            next_step="Let its author submit it.",
            status=403,
        )
    refusal = _misnamed(states, command.lines or ())
    if refusal is not None:
        return refusal
    return [
        RequestSubmitted(
            request_id=command.request_id,
            lines=command.lines or request.lines,
            received_at=command.deadline.received_at,
            warn_at=command.deadline.warn_at,
            due_at=command.deadline.due_at,
        )
    ]


def decide_report_request(states: States, command: ReportRequest) -> list[Payload] | Refusal:
    """Take what a post asks for. Said again under the same id it is no second request; something else is one."""
    refusal = not_authorised(states, command.place_id, command.capture)
    if refusal is not None:
        return refusal
    lines = together(command.lines)
    flags = [*command.flags, *sender_flags(states, command.place_id, command.capture)]
    if items.unknown_among(states, [line.item_code for line in lines]) is not None:
        flags.append(FieldFlag.UNKNOWN_ITEM)
    request_id = command.request_id
    before = states.find(Request, request_id)
    if before is not None:
        if (before.requested_by, before.lines) == (command.requested_by, lines):
            return []
        if states.find(Request, command.again_id) is not None:
            return []
        request_id = command.again_id
        flags.append(FieldFlag.LIKELY_DUPLICATE)
    return [
        RequestOpened(
            request_id=request_id,
            disaster_id=command.disaster_id,
            area_code=command.area_code,
            to_place_id=command.place_id,
            urgency=command.urgency,
            origin=RequestOrigin.POST,
            requested_by=command.requested_by,
            addressed_to=first_addressee(command.area_code),
            received_at=command.deadline.received_at,
            warn_at=command.deadline.warn_at,
            due_at=command.deadline.due_at,
            lines=lines,
            person_count=command.person_count,
            opened_on=command.recorded_on,
            flags=tuple(dict.fromkeys(flags)),
        )
    ]
