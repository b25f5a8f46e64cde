"""What posts (posko) report from the field, by HTTPS only.

Owns the events devices send as `application/cloudevents-batch+json`. These carry personal data: they never
enter a stream, a log or a log line; the services keep them in the vault and publish events of their own.
What a post reports has happened, so a malformed NIK or KK number is accepted here and flagged later.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from shared.contracts.envelope import Payload, Value
from shared.contracts.ids import (
    ActorText,
    CasualtyId,
    CountId,
    DamageId,
    DeviceId,
    DisasterId,
    HandoutId,
    HouseholdId,
    ItemCode,
    LotId,
    MealId,
    PersonId,
    PlaceId,
    RecipeId,
    RequestId,
    ShipmentId,
    UuidText,
)
from shared.contracts.values import (
    Address,
    Boolean,
    Count,
    FieldAreaCode,
    IdentityNumber,
    Instant,
    LegalDate,
    Number,
    PersonName,
    PhoneNumber,
    Quantity,
    QuantityOrNone,
    Sha256,
)
from shared.contracts.vocabulary import (
    CasualtyKind,
    DamageClass,
    LossReason,
    Residence,
    Sex,
    SurplusReason,
    Urgency,
    VulnerableGroup,
)

DEVICE_SOURCE = "urn:tanggap:device:"
PERSONS_MAX = 50
LINES_MAX = 200
HOUSEHOLDS_MAX = 500
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def _trace(value: object) -> object:
    # W3C Trace Context: a malformed traceparent is ignored; it never costs a report.
    return value if isinstance(value, str) and _TRACEPARENT.fullmatch(value) else None


class FieldEnvelope(BaseModel):
    """A CloudEvent as a device sends it; attributes it does not know are ignored.

    `id` (UUIDv7) is the idempotency key and becomes the `causationid` of what is logged. `time` is the
    device's own clock and may be wrong. `devicenumber` counts the device's events from 1 without a gap.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    specversion: Literal["1.0"]
    id: UuidText
    source: Annotated[
        str,
        StringConstraints(pattern=r"^urn:tanggap:device:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
    ]
    type: Annotated[str, StringConstraints(pattern=r"^field\.[a-z_]{1,60}\.v[1-9][0-9]{0,3}$")]
    time: Instant
    devicenumber: Number
    traceparent: Annotated[str | None, BeforeValidator(_trace)] = None
    data: Mapping[str, Any]

    @property
    def device_id(self) -> DeviceId:
        """The device that made the report."""
        return DeviceId(self.source.removeprefix(DEVICE_SOURCE))


class ReportedPerson(Value):
    """A member of a household, as the post wrote it down."""

    person_id: PersonId
    name: PersonName
    sex: Sex
    birth_date: LegalDate | None = None
    age_years: Annotated[int, Field(strict=True, ge=0, le=150)] | None = None
    nik: IdentityNumber | None = None
    groups: tuple[VulnerableGroup, ...] = Field(default=(), max_length=len(VulnerableGroup))


class HouseholdRegistered(Payload):
    """A post wrote down a household with its members. The same household reported again replaces the report."""

    type: ClassVar[str] = "field.household_registered.v1"
    kind: ClassVar[str] = "household"
    key: ClassVar[str] = "household_id"

    household_id: HouseholdId
    disaster_id: DisasterId
    area_code: FieldAreaCode
    residence: Residence
    shelter_area_code: FieldAreaCode | None = None
    kk_number: IdentityNumber | None = None
    phone: PhoneNumber | None = None
    address: Address | None = None
    persons: tuple[ReportedPerson, ...] = Field(min_length=1, max_length=PERSONS_MAX)
    damage_claimed: DamageClass | None = None


class CasualtyReported(Payload):
    """A post reports a person dead, missing or injured; the person need not be registered."""

    type: ClassVar[str] = "field.casualty_reported.v1"
    kind: ClassVar[str] = "casualty"
    key: ClassVar[str] = "casualty_id"

    casualty_id: CasualtyId
    disaster_id: DisasterId
    casualty_kind: CasualtyKind
    person_id: PersonId | None = None
    household_id: HouseholdId | None = None
    name: PersonName | None = None
    nik: IdentityNumber | None = None
    occurred_on: LegalDate
    area_code: FieldAreaCode


class DamageReported(Payload):
    """A post reports damage to a household's house, with the class the household claims."""

    type: ClassVar[str] = "field.damage_reported.v1"
    kind: ClassVar[str] = "damage"
    key: ClassVar[str] = "damage_id"

    damage_id: DamageId
    household_id: HouseholdId
    disaster_id: DisasterId
    damage_claimed: DamageClass
    occurred_on: LegalDate
    area_code: FieldAreaCode


class ReceivedLine(Value):
    """What came of one lot of a shipment: accepted, missing and damaged should sum to what was dispatched."""

    lot_id: LotId
    accepted: QuantityOrNone
    missing: QuantityOrNone
    damaged: QuantityOrNone


class SignedOnPaper(Value):
    """Who signed the paper that came with the goods, by pseudonym, and the hash of its picture."""

    receiver_id: ActorText | None = None
    carrier_id: ActorText | None = None
    scan_sha256: Sha256 | None = None


class ShipmentReceived(Payload):
    """A post counted a shipment that arrived."""

    type: ClassVar[str] = "field.shipment_received.v1"
    kind: ClassVar[str] = "shipment"
    key: ClassVar[str] = "shipment_id"

    shipment_id: ShipmentId
    lines: tuple[ReceivedLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    signed: SignedOnPaper | None = None


class PassedLine(Value):
    """What came of one lot at a drop point: `left` stays there, `onward` goes on."""

    lot_id: LotId
    left: QuantityOrNone
    missing: QuantityOrNone
    damaged: QuantityOrNone
    onward: QuantityOrNone


class ShipmentPassed(Payload):
    """A post counted a shipment that goes on, at its own place or at a drop point (titik drop) it keeps."""

    type: ClassVar[str] = "field.shipment_passed.v1"
    kind: ClassVar[str] = "shipment"
    key: ClassVar[str] = "shipment_id"

    shipment_id: ShipmentId
    at_place_id: PlaceId | None = None
    vehicle_place_id: PlaceId | None = Field(default=None, description="what carries the rest on, if it changes")
    lines: tuple[PassedLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    signed: SignedOnPaper | None = None


class RequestedLine(Value):
    """An amount of an item a post asks for."""

    item_code: ItemCode
    quantity: Quantity


class GoodsRequested(Payload):
    """A post asks goods for itself. `person_count` is for how many persons they are, where the post counted them."""

    type: ClassVar[str] = "field.goods_requested.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    disaster_id: DisasterId
    area_code: FieldAreaCode
    urgency: Urgency
    lines: tuple[RequestedLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    person_count: Count | None = None


class HandedOutLine(Value):
    """Goods given away: by lot where the post can read it, else by item."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["lot_id"]}, {"required": ["item_code"]}]})

    lot_id: LotId | None = None
    item_code: ItemCode | None = None
    quantity: Quantity

    @model_validator(mode="after")
    def _names_goods(self) -> Self:
        if self.lot_id is None and self.item_code is None:
            raise ValueError("a line names a lot or an item")
        return self


class GoodsHandedOut(Payload):
    """A post gave goods to victims, named by household where it wrote them down."""

    type: ClassVar[str] = "field.goods_handed_out.v1"
    kind: ClassVar[str] = "handout"
    key: ClassVar[str] = "handout_id"

    handout_id: HandoutId
    disaster_id: DisasterId
    area_code: FieldAreaCode
    lines: tuple[HandedOutLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    household_ids: tuple[HouseholdId, ...] = Field(default=(), max_length=HOUSEHOLDS_MAX)


class MealsServed(Payload):
    """A post reports for a field kitchen (dapur umum): what was cooked, for how many, and what went into it."""

    type: ClassVar[str] = "field.meals_served.v1"
    kind: ClassVar[str] = "meal"
    key: ClassVar[str] = "meal_id"

    meal_id: MealId
    disaster_id: DisasterId
    kitchen_id: PlaceId
    portions: Number
    person_count: Count
    recipe_id: RecipeId | None = None
    ingredients: tuple[HandedOutLine, ...] = Field(default=(), max_length=LINES_MAX)


class CountedGoods(Value):
    """What a post counted of a lot, or of all it has of an item whose lots it could not read; none is a count too.

    A reason is why more or less is there than the post's card says, where its counter knows.
    """

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["lot_id"]}, {"required": ["item_code"]}]})

    lot_id: LotId | None = None
    item_code: ItemCode | None = None
    counted: QuantityOrNone
    surplus_reason: SurplusReason | None = None
    loss_reason: LossReason | None = None

    @model_validator(mode="after")
    def _names_goods_and_one_reason(self) -> Self:
        if self.lot_id is None and self.item_code is None:
            raise ValueError("a line names a lot or an item")
        if self.surplus_reason is not None and self.loss_reason is not None:
            raise ValueError("a line has one reason")
        return self


class PlaceCounted(Payload):
    """A post counted its own place (opname), also while it was offline: at the envelope's time, beside its card.

    It opens a draft count that the office submits and approves like any other.
    """

    type: ClassVar[str] = "field.place_counted.v1"
    kind: ClassVar[str] = "count"
    key: ClassVar[str] = "count_id"

    count_id: CountId
    as_of: Count = Field(description="position of the last movement on the post's card that was seen; 0: none")
    whole: Boolean = Field(description="false: only some lots were counted, the others stay as they are")
    lines: tuple[CountedGoods, ...] = Field(min_length=1, max_length=LINES_MAX)


EVENTS: tuple[type[Payload], ...] = (
    HouseholdRegistered,
    CasualtyReported,
    DamageReported,
    ShipmentReceived,
    ShipmentPassed,
    GoodsRequested,
    GoodsHandedOut,
    MealsServed,
    PlaceCounted,
)
