"""Emergency issues: goods a custodian gave out before anybody approved it, and the letter that follows.

Owns that such an issue is accepted like a report from the field, since the goods are gone, and that another person
ratifies it. An issue that nobody ratifies in time stays on its custodian's list. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.logistics.holidays.domain import calendar_refs, working_days_after
from services.logistics.places import domain as places
from services.logistics.quotas.domain import Draw, Drawing, draw, quota_refs
from services.logistics.stock.domain import Lot, lot_refs
from services.logistics.stock.posting import Postings, Transfer
from services.logistics.stock.refusals import lot_unknown
from shared.contracts.envelope import Payload
from shared.contracts.ids import ActorId, DisasterId, EmergencyIssueId, LotId, PlaceId, QuotaId, RequestId, Subject
from shared.contracts.ledger import EmergencyDeadlineMoved, EmergencyIssued, EmergencyRatified, IssuedLine
from shared.contracts.quotas import QuotaDrawn
from shared.contracts.vocabulary import FieldFlag, MovementReason, PlaceKind
from shared.kit.decisions.types import Event, Ref, Refusal, States

# Assumed, as the practice "keluar dulu, surat menyusul" has no norm of its own.
ASSUMED_RATIFIED_WITHIN_WORKING_DAYS = 3
DESTINATIONS = frozenset({*places.STORES, PlaceKind.VEHICLE, PlaceKind.HANDED_OUT})


@dataclass(frozen=True, slots=True)
class EmergencyIssue:
    """An emergency issue; ratified once it has a letter."""

    id: str
    version: int
    from_place_id: str
    to_place_id: str
    lines: tuple[IssuedLine, ...]
    custodian_id: str
    gone_at: datetime
    issued_on: date
    ratify_by: date
    disaster_id: str | None = None
    document_number: str | None = None
    approver_id: str | None = None
    ratified_on: date | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """What of a lot is gone."""

    lot_id: LotId
    quantity: int


@dataclass(frozen=True, slots=True)
class IssueInEmergency:
    """A custodian records goods that have gone.

    `holders` are the requests that have goods of these lots reserved, `quota_ids` the quotas the goods draw on.
    """

    issue_id: EmergencyIssueId
    from_place_id: PlaceId
    to_place_id: PlaceId
    goods: tuple[Gone, ...]
    custodian_id: ActorId
    gone_at: datetime
    recorded_on: date
    holders: tuple[RequestId, ...] = ()
    disaster_id: DisasterId | None = None
    quota_ids: tuple[QuotaId, ...] = ()

    def aggregates(self) -> Sequence[Ref]:
        """The issue, the lots, the requests whose reservations it may break, and the quotas."""
        requests = tuple(Ref("request", request_id) for request_id in self.holders)
        lots = lot_refs([one.lot_id for one in self.goods])
        return (Ref("emergency_issue", self.issue_id), *lots, *requests, *quota_refs(self.quota_ids))

    def reads(self) -> Sequence[Ref]:
        """Both places, and the calendars its deadline follows from."""
        ends = (Ref("place", self.from_place_id), Ref("place", self.to_place_id))
        return (*ends, *calendar_refs(self.recorded_on))


@dataclass(frozen=True, slots=True)
class RatifyEmergency:
    """Somebody else approves an emergency issue afterwards, by letter."""

    issue_id: EmergencyIssueId
    document_number: str
    approver_id: ActorId
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The issue."""
        return (Ref("emergency_issue", self.issue_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_issue_in_emergency(states: States, command: IssueInEmergency) -> list[Payload] | Refusal:
    """Take what is gone out of the store, whatever was reserved of it."""
    refusal = _misstated(states, command)
    if refusal is not None:
        return refusal
    postings = Postings.over(
        states,
        [one.lot_id for one in command.goods],
        seed=command.issue_id,
        cause=Subject(f"emergency_issue/{command.issue_id}"),
        moved_on=command.recorded_on,
        captured_at=command.gone_at,
        holders=command.holders,
    )
    drawn = _drawn(states, command)
    if isinstance(drawn, Refusal):
        return drawn
    flags: list[FieldFlag] = [flag for one in drawn for flag in one.flags]
    for one in command.goods:
        flags += _lot_flags(postings.lot(one.lot_id), command.recorded_on)
        ends = (command.from_place_id, command.to_place_id)
        flags += postings.post(Transfer(one.lot_id, *ends, one.quantity, MovementReason.EMERGENCY_ISSUE)).flags
    issued = EmergencyIssued(
        issue_id=command.issue_id,
        disaster_id=command.disaster_id,
        from_place_id=command.from_place_id,
        to_place_id=command.to_place_id,
        lines=tuple(
            IssuedLine(lot_id=one.lot_id, item_code=postings.item_of(one.lot_id), quantity=one.quantity)
            for one in command.goods
        ),
        custodian_id=command.custodian_id,
        gone_at=command.gone_at,
        issued_on=command.recorded_on,
        ratify_by=ratify_by(states, command.recorded_on),
        flags=tuple(dict.fromkeys(flags)),
    )
    return [issued, *postings.events, *drawn]


def _drawn(states: States, command: IssueInEmergency) -> list[QuotaDrawn] | Refusal:
    """What the goods draw on quotas: what is already in a post or village was drawn when it was sent there."""
    if places.kind_of(states, command.from_place_id) is not PlaceKind.WAREHOUSE:
        return []
    ends = (states.find(places.Place, id_) for id_ in (command.to_place_id, command.from_place_id))
    area_code = next((end.area_code for end in ends if end is not None and end.area_code is not None), None)
    if area_code is None:
        return []
    goods = tuple(Drawing(one.lot_id, one.quantity) for one in command.goods)
    cause = Subject(f"emergency_issue/{command.issue_id}")
    return draw(states, Draw(area_code, goods, command.quota_ids, cause, command.recorded_on), by_fact=True)


def _misstated(states: States, command: IssueInEmergency) -> Refusal | None:
    if states.find(EmergencyIssue, command.issue_id) is not None:
        return Refusal(
            slug="emergency-issued-already",
            detail="An emergency issue with this id was recorded already.",
            next_step="Record the goods under another id.",
        )
    if places.kind_of(states, command.from_place_id) not in places.STORES:
        return places.place_unknown(command.from_place_id)
    to_kind = places.kind_of(states, command.to_place_id)
    if to_kind not in DESTINATIONS or command.to_place_id == command.from_place_id:
        return places.place_unknown(command.to_place_id)
    return lot_unknown() if any(states.find(Lot, one.lot_id) is None for one in command.goods) else None


def _lot_flags(lot: Lot, on: date) -> list[FieldFlag]:
    marks = (FieldFlag.EXPIRED_LOT, lot.expired(on)), (FieldFlag.RECALLED_LOT, lot.recall_id is not None)
    return [flag for flag, holds in marks if holds]


def ratify_by(states: States, issued_on: date) -> date:
    """The last day for the letter of what was issued on a day, by the holidays on record."""
    return working_days_after(states, issued_on, ASSUMED_RATIFIED_WITHIN_WORKING_DAYS)


def decide_ratify_emergency(states: States, command: RatifyEmergency) -> list[Payload] | Refusal:
    """Ratify once, by another person than the custodian; late is late and still ratified."""
    issue = states.find(EmergencyIssue, command.issue_id)
    if issue is None:
        return Refusal(
            slug="emergency-unknown",
            detail="There is no emergency issue under this id.",
            next_step="Check the id.",
            status=404,
        )
    if issue.ratified_on is not None:
        return Refusal(
            slug="emergency-ratified-already",
            detail="This emergency issue was ratified already.",
            next_step="Read it; its letter stands.",
        )
    if issue.custodian_id == command.approver_id:
        return Refusal(
            slug="same-person",
            detail="Whoever gave the goods out cannot ratify it.",
            next_step="Ask another person with the role approver.",
            status=403,
        )
    return [
        EmergencyRatified(
            issue_id=command.issue_id,
            document_number=command.document_number,
            approver_id=command.approver_id,
            late=command.recorded_on > issue.ratify_by,
            ratified_on=command.recorded_on,
        )
    ]


def evolve_emergency_issue(issue: EmergencyIssue | None, event: Event) -> EmergencyIssue:
    """The issue after it was recorded, its deadline moved, or ratified."""
    match event.payload:
        case EmergencyIssued() as said:
            return EmergencyIssue(
                id=event.ref.id,
                version=event.sequence,
                from_place_id=said.from_place_id,
                to_place_id=said.to_place_id,
                lines=said.lines,
                custodian_id=said.custodian_id,
                gone_at=said.gone_at,
                issued_on=said.issued_on,
                ratify_by=said.ratify_by,
                disaster_id=said.disaster_id,
            )
        case EmergencyRatified() as said if issue is not None:
            return replace(
                issue,
                version=event.sequence,
                document_number=said.document_number,
                approver_id=said.approver_id,
                ratified_on=said.ratified_on,
            )
        case EmergencyDeadlineMoved() as said if issue is not None:
            return replace(issue, version=event.sequence, ratify_by=said.ratify_by)
    raise TypeError(f"{event.payload.type} after {issue and issue.version}")
