"""Where goods can be: stores, posts, villages, vehicles, and the accounts outside the stores.

Owns which places there are and which ids are accounts. Every movement names two places, so that all places
together sum to zero; an account (supplier, lost, handed out) may hold less than nothing, a store may not. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from services.logistics.places.devices import Device, Turn, with_turn
from shared.contracts.envelope import Payload
from shared.contracts.ids import PlaceId, PostId
from shared.contracts.places import DeviceAdmitted, DeviceDismissed, PlaceOpened
from shared.contracts.vocabulary import Authority, PlaceKind
from shared.kit.decisions.types import Event, Ref, Refusal, States

ACCOUNT_KINDS = frozenset(
    {
        PlaceKind.SUPPLIER,
        PlaceKind.DONOR,
        PlaceKind.HANDED_OUT,
        PlaceKind.LOST,
        PlaceKind.DAMAGED,
        PlaceKind.CONSUMED,
        PlaceKind.DESTROYED,
        PlaceKind.SURPLUS,
    }
)
# Accounts that exist without being opened. One supplier's or donor's own account is named `supplier:<name>`.
SUPPLIER = PlaceId("supplier")
DONOR = PlaceId("donor")
HANDED_OUT = PlaceId("handed_out")
LOST = PlaceId("lost")
DAMAGED = PlaceId("damaged")
CONSUMED = PlaceId("consumed")
DESTROYED = PlaceId("destroyed")
SURPLUS = PlaceId("surplus")
# Where parts go when kits are made of them, and kits when they are taken apart.
KITS = PlaceId("consumed:kits")
# Where the goods of a place's first count come from: the book before there was one.
FIRST_BOOK = PlaceId("supplier:opening")
ACCOUNTS: tuple[PlaceId, ...] = (SUPPLIER, DONOR, HANDED_OUT, LOST, DAMAGED, CONSUMED, DESTROYED, SURPLUS)
# What is on the road in a vehicle nobody named.
TRANSIT = PlaceId("transit")
STORES = frozenset(
    {
        PlaceKind.WAREHOUSE,
        PlaceKind.LUMBUNG,
        PlaceKind.POST,
        PlaceKind.VILLAGE,
        PlaceKind.DROP_POINT,
        PlaceKind.KITCHEN,
    }
)
SOURCES = frozenset({PlaceKind.SUPPLIER, PlaceKind.DONOR})


@dataclass(frozen=True, slots=True)
class Place:
    """A place where goods can be, and a post's devices by id. Coordinates are whole 1e-7 degrees.

    `place_kind` is None while only a device of the post is known: nothing was opened, goods cannot be there.
    """

    id: str
    version: int
    place_kind: PlaceKind | None = None
    area_code: str | None = None
    authority: Authority | None = None
    post_id: str | None = None
    latitude_e7: int | None = None
    longitude_e7: int | None = None
    devices: Mapping[str, Device] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """The office opens a place."""

    place_id: PlaceId
    place_kind: PlaceKind
    recorded_on: date
    area_code: str | None = None
    area_known: bool = True
    authority: Authority | None = None
    latitude_e7: int | None = None
    longitude_e7: int | None = None

    def aggregates(self) -> Sequence[Ref]:
        """The place."""
        return (Ref("place", self.place_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class OpenPostPlace:
    """A post was enrolled elsewhere: goods can be there from now on."""

    post_id: PostId
    area_code: str
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The post's place, which has the post's id."""
        return (Ref("place", self.post_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def account_kind(place_id: str) -> PlaceKind | None:
    """The kind of account an id names (`lost`, `supplier:bulog`), or None where it is no account.

    Why by id: `evolve` sees an event's ids and nothing else.
    """
    word = place_id.partition(":")[0]
    return PlaceKind(word) if word in ACCOUNT_KINDS else None


def is_account(place_id: str) -> bool:
    """Whether a place is an account outside the stores, whose balance may be negative."""
    return account_kind(place_id) is not None


def kind_of(states: States, place_id: str) -> PlaceKind | None:
    """What kind of place an id names; None where there is no such place."""
    if place_id in ACCOUNTS:
        return PlaceKind(place_id)
    if place_id == TRANSIT:
        return PlaceKind.VEHICLE
    place = states.find(Place, place_id)
    return place.place_kind if place is not None else None


def decide_open_place(states: States, command: OpenPlace) -> list[Payload] | Refusal:
    """Open a place once; asking again for the same is no new event."""
    refusal = _misnamed(command)
    if refusal is not None:
        return refusal
    opened = PlaceOpened(
        place_id=command.place_id,
        place_kind=command.place_kind,
        area_code=command.area_code,
        authority=command.authority,
        latitude_e7=command.latitude_e7,
        longitude_e7=command.longitude_e7,
        opened_on=command.recorded_on,
    )
    place = states.find(Place, command.place_id)
    if place is None:
        return [opened]
    if replace(place, version=0, devices={}) == _opened(Place(command.place_id, 0), opened):
        return []
    return Refusal(
        slug="place-opened-already",
        detail="Another place has this id.",
        next_step="Open the place under another id.",
    )


def _misnamed(command: OpenPlace) -> Refusal | None:
    account = account_kind(command.place_id)
    wanted = command.place_kind if command.place_kind in ACCOUNT_KINDS else None
    if account is not wanted or command.place_kind is PlaceKind.POST or command.place_id == TRANSIT:
        return Refusal(
            slug="place-misnamed",
            detail="The id does not fit the kind of place.",
            next_step="Accounts are named by their kind (supplier:name), no other place is; posts are enrolled.",
            status=422,
        )
    if not command.area_known:
        return area_unknown(command.area_code or "")
    return None


def area_unknown(area_code: str) -> Refusal:
    """The refusal of an office decision about an area that stands in no list."""
    return Refusal(
        slug="area-unknown",
        detail="The area code %(area_code)s is not in Kemendagri's list.",
        next_step="Correct the code and send again under a new Idempotency-Key.",
        params={"area_code": area_code},
        status=422,
    )


def place_unknown(place_id: str) -> Refusal:
    """The refusal of an office decision about a place that nobody opened, or of another kind than it must be."""
    return Refusal(
        slug="place-unknown",
        detail="There is no place %(place_id)s of the kind needed here.",
        next_step="Check the id, or open the place first.",
        params={"place_id": place_id},
        status=404,
    )


def decide_open_post_place(states: States, command: OpenPostPlace) -> list[Payload] | Refusal:
    """Open an enrolled post's place; told again, nothing happens."""
    place = states.find(Place, command.post_id)
    if place is not None and place.place_kind is not None:
        return []
    return [
        PlaceOpened(
            place_id=PlaceId(command.post_id),
            place_kind=PlaceKind.POST,
            area_code=command.area_code,
            post_id=command.post_id,
            opened_on=command.recorded_on,
        )
    ]


def evolve_place(place: Place | None, event: Event) -> Place:
    """The place after it was opened, or after a device of its post was admitted or dismissed."""
    before = replace(place, version=event.sequence) if place is not None else Place(event.ref.id, event.sequence)
    match event.payload:
        case PlaceOpened() as said:
            return _opened(before, said)
        case DeviceAdmitted() as said:
            turn = Turn(said.post_version, said.valid_from_at, admitted=True)
            return replace(before, devices=with_turn(before.devices, said.device_id, turn))
        case DeviceDismissed() as said:
            turn = Turn(said.post_version, said.withdrawn_at, admitted=False)
            return replace(before, devices=with_turn(before.devices, said.device_id, turn))
    raise TypeError(f"{event.payload.type} after {place and place.version}")


def _opened(place: Place, said: PlaceOpened) -> Place:
    return replace(
        place,
        place_kind=said.place_kind,
        area_code=said.area_code,
        authority=said.authority,
        post_id=said.post_id,
        latitude_e7=said.latitude_e7,
        longitude_e7=said.longitude_e7,
    )
