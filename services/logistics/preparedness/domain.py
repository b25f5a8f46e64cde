"""Preparedness: what a place should hold, and when a store was last looked through.

Owns buffers (with the norm they rest on, or marked as assumed), and that a look through a store is due again after six
months. Pure.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.logistics.items import domain as items
from services.logistics.places import domain as places
from shared.contracts.envelope import Payload
from shared.contracts.ids import BufferId, ItemCode, PlaceId
from shared.contracts.preparedness import BufferSet, StockChecked
from shared.contracts.vocabulary import PlaceKind
from shared.kit.decisions.types import Event, Ref, Refusal, States

# Kemensos asks for a look through buffer stock every six months.
CHECK_EVERY_MONTHS = 6
# Stores that hold stock for a disaster to come; posts, kitchens and drop points come and go with one.
KEEPING = frozenset({PlaceKind.WAREHOUSE, PlaceKind.LUMBUNG})
_BUFFERS = uuid.UUID("5f0a5a53-8a35-5c5c-9c3e-6d3c0e7f4b21")
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Buffer:
    """How much of an item a place should hold. A target of 0 ends it."""

    id: str
    version: int
    place_id: str
    item_code: str
    target: int
    legal_basis: str
    assumed: bool
    set_on: date


@dataclass(frozen=True, slots=True)
class StockCheck:
    """When a store was last looked through, and when it is due again. It has the place's id."""

    id: str
    version: int
    checked_on: date
    due_on: date
    document_number: str


@dataclass(frozen=True, slots=True)
class SetBuffer:
    """The office says how much of an item a place should hold."""

    place_id: PlaceId
    item_code: ItemCode
    target: int
    legal_basis: str
    assumed: bool
    recorded_on: date

    @property
    def buffer_id(self) -> BufferId:
        """The one id of this place and item."""
        return BufferId(str(uuid.uuid5(_BUFFERS, f"{self.place_id}/{self.item_code}")))

    def aggregates(self) -> Sequence[Ref]:
        """The buffer."""
        return (Ref("buffer", self.buffer_id),)

    def reads(self) -> Sequence[Ref]:
        """The place and the item."""
        return (Ref("place", self.place_id), Ref("item", self.item_code))


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """A store was looked through."""

    place_id: PlaceId
    checked_on: date
    document_number: str
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The place's check."""
        return (Ref("stock_check", self.place_id),)

    def reads(self) -> Sequence[Ref]:
        """The place."""
        return (Ref("place", self.place_id),)


def decide_set_buffer(states: States, command: SetBuffer) -> list[Payload] | Refusal:
    """Set what a store should hold; the same again is no new event."""
    if places.kind_of(states, command.place_id) not in KEEPING:
        return places.place_unknown(command.place_id)
    unknown = items.unknown_among(states, [command.item_code])
    if unknown is not None:
        return unknown
    buffer = states.find(Buffer, command.buffer_id)
    said = (command.target, command.legal_basis, command.assumed)
    if buffer is not None and said == (buffer.target, buffer.legal_basis, buffer.assumed):
        return []
    return [
        BufferSet(
            buffer_id=command.buffer_id,
            place_id=command.place_id,
            item_code=command.item_code,
            target=command.target,
            legal_basis=command.legal_basis,
            assumed=command.assumed,
            set_on=command.recorded_on,
        )
    ]


def decide_record_check(states: States, command: RecordCheck) -> list[Payload] | Refusal:
    """Write down that a store was looked through, and when it is due again."""
    if places.kind_of(states, command.place_id) not in KEEPING:
        return places.place_unknown(command.place_id)
    if command.checked_on > command.recorded_on:
        return in_the_future()
    return [stock_checked(command.place_id, command.checked_on, command.document_number, command.recorded_on)]


def stock_checked(place_id: PlaceId, checked_on: date, document_number: str, recorded_on: date) -> StockChecked:
    """That a store was looked through on a day, and when it is due again: by a record, or by a count of all in it."""
    return StockChecked(
        place_id=place_id,
        checked_on=checked_on,
        due_on=months_later(checked_on, CHECK_EVERY_MONTHS),
        document_number=document_number,
        recorded_on=recorded_on,
    )


def months_later(on: date, months: int) -> date:
    """The same day so many months later, or that month's last day if it has none."""
    last = _month(on, months + 1) - timedelta(days=1)
    return last.replace(day=min(on.day, last.day))


def _month(on: date, later: int) -> date:
    """The first day of the month so many months later."""
    years, month = divmod(on.month - 1 + later, _MONTHS)
    return date(on.year + years, month + 1, 1)


def in_the_future() -> Refusal:
    """The refusal to write down what has not happened yet."""
    return Refusal(
        slug="date-in-the-future",
        detail="This date is still to come.",
        next_step="Write it down when it has happened.",
        status=422,
    )


def evolve_buffer(buffer: Buffer | None, event: Event) -> Buffer:
    """The buffer as it was set last."""
    match event.payload:
        case BufferSet() as said:
            return Buffer(
                id=event.ref.id,
                version=event.sequence,
                place_id=said.place_id,
                item_code=said.item_code,
                target=said.target,
                legal_basis=said.legal_basis,
                assumed=said.assumed,
                set_on=said.set_on,
            )
    raise TypeError(f"{event.payload.type} after {buffer and buffer.version}")


def evolve_stock_check(check: StockCheck | None, event: Event) -> StockCheck:
    """The last look through a store, whatever the order they were told in."""
    match event.payload:
        case StockChecked() as said if check is not None and said.checked_on < check.checked_on:
            return replace(check, version=event.sequence)
        case StockChecked() as said:
            return StockCheck(event.ref.id, event.sequence, said.checked_on, said.due_on, said.document_number)
    raise TypeError(f"{event.payload.type} after {check and check.version}")
