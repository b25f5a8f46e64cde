"""What the logistics service publishes: places, items, lots, needs, requests, shipments and hand-outs.

Owns the shapes only. Quantities are whole base units of the item. Every movement names the place it leaves
and the place it enters, so that goods are never made or lost in the books.
"""

from typing import ClassVar

from pydantic import Field

from shared.contracts.counts import EVENTS as COUNTS
from shared.contracts.distribution import EVENTS as DISTRIBUTION
from shared.contracts.documents import EVENTS as DOCUMENTS
from shared.contracts.envelope import Payload, Value
from shared.contracts.explanations import EVENTS as EXPLANATIONS
from shared.contracts.field import HOUSEHOLDS_MAX, LINES_MAX, PERSONS_MAX
from shared.contracts.goods import ItemQuantity
from shared.contracts.holidays import EVENTS as HOLIDAYS
from shared.contracts.ids import (
    CountId,
    DemandId,
    DisasterId,
    EventId,
    HandoutId,
    HouseholdId,
    ItemCode,
    LotId,
    MovementId,
    OwnerId,
    PersonId,
    PlaceId,
    ProfileId,
    RequestId,
    ReservationId,
    Subject,
)
from shared.contracts.kitchens import EVENTS as KITCHENS
from shared.contracts.kits import EVENTS as KITS
from shared.contracts.ledger import EVENTS as LEDGER
from shared.contracts.ledger import ValueBasis
from shared.contracts.partners import EVENTS as PARTNERS
from shared.contracts.partners import Restriction
from shared.contracts.periods import EVENTS as PERIODS
from shared.contracts.places import DeviceAdmitted, DeviceDismissed, PlaceOpened
from shared.contracts.preparedness import EVENTS as PREPAREDNESS
from shared.contracts.quotas import EVENTS as QUOTAS
from shared.contracts.recalls import EVENTS as RECALLS
from shared.contracts.requests import EVENTS as REQUESTS
from shared.contracts.routes import EVENTS as ROUTES
from shared.contracts.shipments import EVENTS as SHIPMENTS
from shared.contracts.support import EVENTS as SUPPORT
from shared.contracts.values import (
    AmountIdr,
    AreaCode,
    Boolean,
    Citation,
    Count,
    Days,
    DocumentNumber,
    Instant,
    LegalDate,
    Number,
    Quantity,
)
from shared.contracts.vocabulary import (
    BaseUnit,
    FieldFlag,
    ItemCategory,
    MovementReason,
    RationPer,
    ReservationEnd,
    Residence,
    Urgency,
)


class ItemListed(Payload):
    """An item of the relief catalogue and the unit it is counted in."""

    type: ClassVar[str] = "logistics.item_listed.v1"
    kind: ClassVar[str] = "item"
    key: ClassVar[str] = "item_code"

    item_code: ItemCode
    category: ItemCategory
    base_unit: BaseUnit
    shelf_life_days: Days | None = None
    unit_weight_g: Number | None = Field(default=None, description="what one base unit weighs, for loading vehicles")
    listed_on: LegalDate


class RationLine(Value):
    """How much of an item is due: `quantity` to each person or household every `every_days` days."""

    item_code: ItemCode
    per: RationPer
    quantity: Quantity
    every_days: Days


class RationProfileSet(Payload):
    """What one household is due, from a date on, with the norm it rests on; `assumed` marks unverified figures."""

    type: ClassVar[str] = "logistics.ration_profile_set.v1"
    kind: ClassVar[str] = "ration_profile"
    key: ClassVar[str] = "profile_id"

    profile_id: ProfileId
    legal_basis: Citation
    source_note: Citation
    assumed: Boolean
    days: Days = Field(description="for how many days a need is planned")
    valid_from: LegalDate
    lines: tuple[RationLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    set_on: LegalDate


class LotReceived(Payload):
    """Goods of one kind, owner and expiry came in from outside (supplier, donor, another owner's store).

    `unit_value_idr` is what each `valued_quantity` base units are worth; without it the lot is not valued yet.
    """

    type: ClassVar[str] = "logistics.lot_received.v1"
    kind: ClassVar[str] = "lot"
    key: ClassVar[str] = "lot_id"

    lot_id: LotId
    item_code: ItemCode
    from_place_id: PlaceId
    place_id: PlaceId
    quantity: Quantity
    expires_on: LegalDate | None = None
    owner_id: OwnerId
    unit_value_idr: AmountIdr | None = None
    valued_quantity: Quantity = Field(default=1, description="base units that unit_value_idr is for")
    value_basis: ValueBasis = ValueBasis.NOT_VALUED
    restriction: Restriction | None = Field(default=None, description="what a donor tied the goods to")
    document_number: DocumentNumber
    received_on: LegalDate


class StockMoved(Payload):
    """Goods of a lot went from one place to another.

    `occurred_on` is the date of the fact where it differs from the day it was posted (its period was closed); `offsets`
    the movement that this one takes back at a place counted after it, by the count `count_id`.
    """

    type: ClassVar[str] = "logistics.stock_moved.v1"
    kind: ClassVar[str] = "lot"
    key: ClassVar[str] = "lot_id"

    lot_id: LotId
    item_code: ItemCode
    movement_id: MovementId
    from_place_id: PlaceId
    to_place_id: PlaceId
    quantity: Quantity
    reason: MovementReason
    cause: Subject = Field(description="what the movement belongs to, such as shipment/<id>")
    reservation_id: ReservationId | None = None
    reverses: EventId | None = Field(default=None, description="the movement corrected")
    offsets: MovementId | None = Field(default=None, description="the earlier fact's movement taken back at a count")
    count_id: CountId | None = Field(default=None, description="the count this movement belongs to")
    moved_on: LegalDate
    occurred_on: LegalDate | None = Field(default=None, description="the fact's own date where its period is closed")
    flags: tuple[FieldFlag, ...] = ()


class StockReserved(Payload):
    """Goods of a lot in a place are kept for a request until a date."""

    type: ClassVar[str] = "logistics.stock_reserved.v1"
    kind: ClassVar[str] = "lot"
    key: ClassVar[str] = "lot_id"

    lot_id: LotId
    item_code: ItemCode
    place_id: PlaceId
    quantity: Quantity
    reservation_id: ReservationId
    request_id: RequestId
    urgency: Urgency
    due_at: Instant = Field(description="the request's deadline")
    expires_on: LegalDate = Field(description="last day of the reservation, not of the goods")


class ReservationReleased(Payload):
    """A reservation, or a part of it, ended: used by a shipment, or the goods are free again."""

    type: ClassVar[str] = "logistics.reservation_released.v1"
    kind: ClassVar[str] = "lot"
    key: ClassVar[str] = "lot_id"

    lot_id: LotId
    reservation_id: ReservationId
    request_id: RequestId | None = None
    place_id: PlaceId
    quantity: Quantity
    reason: ReservationEnd
    released_on: LegalDate


class NeedRecorded(Payload):
    """What one household needs, by the ration profile in force.

    A later need of the same household in the same disaster replaces the earlier one. `counted` is false
    where the household adds nothing (registered twice, moved to another area); its lines are then what it
    would have needed.
    """

    type: ClassVar[str] = "logistics.need_recorded.v1"
    kind: ClassVar[str] = "demand"
    key: ClassVar[str] = "demand_id"

    demand_id: DemandId
    disaster_id: DisasterId
    area_code: AreaCode
    household_id: HouseholdId
    residence: Residence
    person_count: Count
    profile_id: ProfileId
    profile_version: Number = Field(description="sequence of the profile's event that was used")
    days: Days
    lines: tuple[ItemQuantity, ...] = Field(max_length=LINES_MAX)
    counted: Boolean
    identity_ids: tuple[PersonId, ...] = Field(
        default=(),
        max_length=PERSONS_MAX,
        description="its persons; one registered elsewhere under the id first given there",
    )
    recorded_on: LegalDate


class DemandRequested(Payload):
    """A part of an area's needs went into a request and is no longer open."""

    type: ClassVar[str] = "logistics.demand_requested.v1"
    kind: ClassVar[str] = "demand"
    key: ClassVar[str] = "demand_id"

    demand_id: DemandId
    request_id: RequestId
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    requested_on: LegalDate


class HandedOutLine(Value):
    """Goods of one lot given to victims."""

    lot_id: LotId
    item_code: ItemCode
    quantity: Quantity


class GoodsHandedOut(Payload):
    """A post gave goods to victims; named households can be found again when a lot is recalled."""

    type: ClassVar[str] = "logistics.goods_handed_out.v1"
    kind: ClassVar[str] = "handout"
    key: ClassVar[str] = "handout_id"

    handout_id: HandoutId
    disaster_id: DisasterId
    place_id: PlaceId
    area_code: AreaCode
    lines: tuple[HandedOutLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    household_count: Count
    household_ids: tuple[HouseholdId, ...] = Field(default=(), max_length=HOUSEHOLDS_MAX)
    handed_out_on: LegalDate
    flags: tuple[FieldFlag, ...] = ()


EVENTS: tuple[type[Payload], ...] = (
    PlaceOpened,
    DeviceAdmitted,
    DeviceDismissed,
    ItemListed,
    RationProfileSet,
    LotReceived,
    StockMoved,
    StockReserved,
    ReservationReleased,
    *LEDGER,
    *EXPLANATIONS,
    *COUNTS,
    *PERIODS,
    *RECALLS,
    *KITS,
    *PARTNERS,
    *HOLIDAYS,
    *QUOTAS,
    *PREPAREDNESS,
    NeedRecorded,
    DemandRequested,
    *ROUTES,
    *REQUESTS,
    *SUPPORT,
    *SHIPMENTS,
    *DOCUMENTS,
    GoodsHandedOut,
    *DISTRIBUTION,
    *KITCHENS,
)
