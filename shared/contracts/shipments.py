"""What the logistics service publishes of shipments: loaded, on their way, passed on, counted, diverted, sent back.

Owns the shapes and their words. At every moment a line holds: dispatched + surplus = accepted + damaged + missing +
returned + diverted + open. Who signed is a pseudonym, never a name; a signed paper is known by its hash.
"""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload, Value
from shared.contracts.field import LINES_MAX
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import (
    ActorId,
    DocumentId,
    EventId,
    HandoverId,
    ItemCode,
    LotId,
    PlaceId,
    RequestId,
    ReservationId,
    ReturnId,
    ShipmentId,
)
from shared.contracts.values import DocumentNumber, LegalDate, Number, Quantity, QuantityOrNone, Sha256
from shared.contracts.vocabulary import FieldFlag

# How many places a shipment is planned to pass at most.
STOPS_MAX = 20


class SignerRole(StrEnum):
    """In whose place somebody signs: the carrier answers for what is lost on the way, the receiver says what broke."""

    CARRIER = "carrier"
    RECEIVER = "receiver"
    STOREKEEPER = "storekeeper"
    OFFICER = "officer"


class Shortfall(StrEnum):
    """What a signature stands for: goods lost on the way, or damaged when they arrived."""

    LOSS = "loss"
    DAMAGE = "damage"


class DiversionReason(StrEnum):
    """Why goods on their way go to another place."""

    ROAD_CUT = "road_cut"
    MORE_URGENT_NEED = "more_urgent_need"
    DESTINATION_SERVED = "destination_served"
    WRONG_DESTINATION = "wrong_destination"
    VEHICLE_FAILED = "vehicle_failed"


class ReturnCondition(StrEnum):
    """In what condition goods came back: good is put in store again, doubtful in quarantine, unusable is destroyed."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    UNUSABLE = "unusable"


class Signature(Value):
    """Who signed in which place. With `scan_sha256` it was signed on paper, of which this is the picture's hash."""

    role: SignerRole
    signer_id: ActorId
    scan_sha256: Sha256 | None = None


class DispatchedLine(Value):
    """One lot on a vehicle; without a reservation it came off another shipment."""

    line_no: Number
    lot_id: LotId
    item_code: ItemCode
    quantity: Quantity
    reservation_id: ReservationId | None = None


class ShipmentPicked(Payload):
    """The loading list of a vehicle: what the store puts ready for it. A later list takes the place of this one."""

    type: ClassVar[str] = "logistics.shipment_picked.v1"
    kind: ClassVar[str] = "shipment"
    key: ClassVar[str] = "shipment_id"

    shipment_id: ShipmentId
    request_id: RequestId
    from_place_id: PlaceId
    lines: tuple[DispatchedLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    picked_on: LegalDate


class ShipmentDispatched(Payload):
    """A loaded vehicle left with its delivery note; the carrier, where known, answers for the goods from now on.

    With `diverted_from` the goods came off that shipment on its way, and no request asked for them here.
    `via_place_ids` are the places it is planned to pass, in order.
    """

    type: ClassVar[str] = "logistics.shipment_dispatched.v1"
    kind: ClassVar[str] = "shipment"
    key: ClassVar[str] = "shipment_id"

    shipment_id: ShipmentId
    request_id: RequestId | None = None
    diverted_from: ShipmentId | None = None
    from_place_id: PlaceId
    vehicle_place_id: PlaceId
    to_place_id: PlaceId
    via_place_ids: tuple[PlaceId, ...] = Field(default=(), max_length=STOPS_MAX)
    lines: tuple[DispatchedLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    document_number: DocumentNumber
    carrier_id: ActorId | None = None
    dispatched_on: LegalDate


class ReceivedLine(Value):
    """What a count booked of one line, and what is still open of it after the count.

    `surplus` of accepted and damaged was never loaded; `missing_unsent` was said to be missing though nothing more
    had been sent, and is booked nowhere.
    """

    line_no: Number
    lot_id: LotId
    item_code: ItemCode
    dispatched: QuantityOrNone
    accepted: QuantityOrNone
    missing: QuantityOrNone
    damaged: QuantityOrNone
    surplus: QuantityOrNone = 0
    missing_unsent: QuantityOrNone = 0
    open: QuantityOrNone = 0


class ShipmentPassed(Payload):
    """A shipment was counted at a drop point (titik drop): `accepted` stays there, `open` goes on, maybe by boat."""

    type: ClassVar[str] = "logistics.shipment_passed.v1"
    kind: ClassVar[str] = "shipment"
    key: ClassVar[str] = "shipment_id"

    shipment_id: ShipmentId
    request_id: RequestId | None = None
    at_place_id: PlaceId
    vehicle_place_id: PlaceId | None = Field(default=None, description="what carries the rest on, if it changes")
    carrier_id: ActorId | None = None
    lines: tuple[ReceivedLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    signatures: tuple[Signature, ...] = Field(default=(), max_length=3)
    passed_on: LegalDate
    flags: tuple[FieldFlag, ...] = ()


class ShipmentReceived(Payload):
    """The receiver counted a shipment. Without `request_id` and `to_place_id` it was not known here yet."""

    type: ClassVar[str] = "logistics.shipment_received.v1"
    kind: ClassVar[str] = "shipment"
    key: ClassVar[str] = "shipment_id"

    shipment_id: ShipmentId
    request_id: RequestId | None = None
    to_place_id: PlaceId | None = None
    lines: tuple[ReceivedLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    signatures: tuple[Signature, ...] = Field(default=(), max_length=3)
    received_on: LegalDate
    flags: tuple[FieldFlag, ...] = ()


class TakenBackLine(Value):
    """What of a line's count does not hold any more: what was on board is open again, `surplus` of it was not."""

    line_no: Number
    lot_id: LotId
    item_code: ItemCode
    accepted: QuantityOrNone = 0
    missing: QuantityOrNone = 0
    damaged: QuantityOrNone = 0
    surplus: QuantityOrNone = 0


class ShipmentCountReversed(Payload):
    """A movement by which a count had taken goods off a vehicle was taken back: they are to be counted again."""

    type: ClassVar[str] = "logistics.shipment_count_reversed.v1"
    kind: ClassVar[str] = "shipment"
    key: ClassVar[str] = "shipment_id"

    shipment_id: ShipmentId
    request_id: RequestId | None = None
    reverses: EventId
    lines: tuple[TakenBackLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    reversed_on: LegalDate


class LotQuantity(Value):
    """An amount of one lot."""

    lot_id: LotId
    item_code: ItemCode
    quantity: Quantity


class LineQuantity(Value):
    """An amount of one line of a shipment."""

    line_no: Number
    lot_id: LotId
    item_code: ItemCode
    quantity: Quantity


class SurplusFound(Payload):
    """More, or something else, came off a vehicle than its store had loaded: the store must explain it."""

    type: ClassVar[str] = "logistics.surplus_found.v1"
    kind: ClassVar[str] = "shipment"
    key: ClassVar[str] = "shipment_id"

    shipment_id: ShipmentId
    from_place_id: PlaceId
    at_place_id: PlaceId
    lines: tuple[LotQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    found_on: LegalDate
    flags: tuple[FieldFlag, ...] = Field(min_length=1)


class ShipmentSigned(Payload):
    """Somebody answers for a loss or for damage that nobody had signed when the goods were counted."""

    type: ClassVar[str] = "logistics.shipment_signed.v1"
    kind: ClassVar[str] = "shipment"
    key: ClassVar[str] = "shipment_id"

    shipment_id: ShipmentId
    shortfall: Shortfall
    signature: Signature
    signed_on: LegalDate


class ShipmentDiverted(Payload):
    """An officer sent goods on their way to another place: they go on as a shipment of their own."""

    type: ClassVar[str] = "logistics.shipment_diverted.v1"
    kind: ClassVar[str] = "shipment"
    key: ClassVar[str] = "shipment_id"

    shipment_id: ShipmentId
    request_id: RequestId | None = None
    into_shipment_id: ShipmentId
    to_place_id: PlaceId
    reason: DiversionReason
    lines: tuple[LineQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    diverted_on: LegalDate


class ShipmentReturned(Payload):
    """Goods came back that no receiver had accepted; the return says in which condition."""

    type: ClassVar[str] = "logistics.shipment_returned.v1"
    kind: ClassVar[str] = "shipment"
    key: ClassVar[str] = "shipment_id"

    shipment_id: ShipmentId
    request_id: RequestId | None = None
    return_id: ReturnId
    lines: tuple[LineQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    returned_on: LegalDate


class ReturnedLine(Value):
    """Goods of one lot that came back, in which condition and so to which place."""

    lot_id: LotId
    item_code: ItemCode
    quantity: Quantity
    condition: ReturnCondition
    to_place_id: PlaceId


class GoodsReturned(Payload):
    """A store took goods back from a post or village, or off a vehicle whose receiver had not accepted them.

    What is destroyed names the record of destruction (berita acara pemusnahan).
    """

    type: ClassVar[str] = "logistics.goods_returned.v1"
    kind: ClassVar[str] = "return"
    key: ClassVar[str] = "return_id"

    return_id: ReturnId
    from_place_id: PlaceId
    at_place_id: PlaceId
    shipment_id: ShipmentId | None = None
    lines: tuple[ReturnedLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    document_number: DocumentNumber
    destruction_document_id: DocumentId | None = None
    returned_on: LegalDate


class RequestUnserved(Payload):
    """Goods sent for a request were lost, damaged, diverted or sent back: it is short of them again."""

    type: ClassVar[str] = "logistics.request_unserved.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    shipment_id: ShipmentId
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    unserved_on: LegalDate


class GoodsHandedOver(Payload):
    """A village or post took goods into custody; who got them is told by the recipients list (daftar penerima)."""

    type: ClassVar[str] = "logistics.goods_handed_over.v1"
    kind: ClassVar[str] = "handover"
    key: ClassVar[str] = "handover_id"

    handover_id: HandoverId
    from_place_id: PlaceId
    to_place_id: PlaceId
    lines: tuple[LotQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    document_number: DocumentNumber
    signature: Signature
    handed_over_on: LegalDate


EVENTS: tuple[type[Payload], ...] = (
    ShipmentPicked,
    ShipmentDispatched,
    ShipmentPassed,
    ShipmentReceived,
    ShipmentCountReversed,
    SurplusFound,
    ShipmentSigned,
    ShipmentDiverted,
    ShipmentReturned,
    RequestUnserved,
    GoodsReturned,
    GoodsHandedOver,
)
