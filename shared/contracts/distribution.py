"""What the logistics service publishes of distribution: lists of recipients, planned rations, linked households.

Owns the shapes and words only; `logistics.py` lists the events with the rest of what the service publishes. A list
names households by id or not at all: names stand on the signed paper, of which the event carries the hash.
"""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload, Value
from shared.contracts.field import HOUSEHOLDS_MAX, LINES_MAX
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import (
    DisasterId,
    DistributionId,
    HandoutId,
    HouseholdId,
    ItemCode,
    LotId,
    PlaceId,
    ProfileId,
    RecipientListId,
)
from shared.contracts.values import (
    AreaCode,
    Count,
    Days,
    DocumentNumber,
    LegalDate,
    Number,
    Quantity,
    Sha256,
)
from shared.contracts.vocabulary import FieldFlag

ROW_LINES_MAX = 20
LISTED_LOTS_MAX = 50
FAMILY_MAX = 24


class WithdrawalReason(StrEnum):
    """Why a list that was not posted, or a plan, does not hold any more."""

    OPENED_IN_ERROR = "opened_in_error"
    REPLACED = "replaced"
    NOT_HELD = "not_held"


class LinkReason(StrEnum):
    """Why the office says that two households are one family."""

    SAME_FAMILY_CARD = "same_family_card"
    SAME_PERSONS = "same_persons"
    RECORDED_TWICE = "recorded_twice"


class UnlinkReason(StrEnum):
    """Why the office says that two households are not one family."""

    LINKED_IN_ERROR = "linked_in_error"
    DIFFERENT_PERSONS = "different_persons"
    FAMILY_SPLIT = "family_split"


class RecipientListOpened(Payload):
    """A signed list of recipients (daftar penerima), scanned, came in for goods in a place's custody.

    `distribution_id` is what several lists of one distribution have alike, and the plan's id where there was one.
    Without `lot_ids` the goods are taken first expiry first. With `handout_id` the goods left already, by a hand-out
    that named nobody: the list tells who got them.
    """

    type: ClassVar[str] = "logistics.recipient_list_opened.v1"
    kind: ClassVar[str] = "recipient_list"
    key: ClassVar[str] = "list_id"

    list_id: RecipientListId
    distribution_id: DistributionId
    disaster_id: DisasterId
    place_id: PlaceId
    area_code: AreaCode
    handout_id: HandoutId | None = None
    lot_ids: tuple[LotId, ...] = Field(default=(), max_length=LISTED_LOTS_MAX)
    document_number: DocumentNumber
    scan_sha256: Sha256
    handed_out_on: LegalDate
    opened_on: LegalDate


class ListedRow(Value):
    """One recipient's row; without a household id the recipient is in nobody's register."""

    household_id: HouseholdId | None = None
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=ROW_LINES_MAX)


class RecipientsListed(Payload):
    """Rows of a list, numbered on from `first_row`."""

    type: ClassVar[str] = "logistics.recipients_listed.v1"
    kind: ClassVar[str] = "recipient_list"
    key: ClassVar[str] = "list_id"

    list_id: RecipientListId
    distribution_id: DistributionId
    first_row: Number
    rows: tuple[ListedRow, ...] = Field(min_length=1, max_length=HOUSEHOLDS_MAX)
    listed_on: LegalDate


class PostedLine(Value):
    """Goods of one lot given by a list."""

    lot_id: LotId
    item_code: ItemCode
    quantity: Quantity


class RecipientListPosted(Payload):
    """All rows of a list were booked as handed out, lot by lot; where a hand-out had moved the goods, nothing moves."""

    type: ClassVar[str] = "logistics.recipient_list_posted.v1"
    kind: ClassVar[str] = "recipient_list"
    key: ClassVar[str] = "list_id"

    list_id: RecipientListId
    distribution_id: DistributionId
    disaster_id: DisasterId
    place_id: PlaceId
    area_code: AreaCode
    handout_id: HandoutId | None = None
    lines: tuple[PostedLine, ...] = Field(default=(), max_length=LINES_MAX)
    row_count: Count
    handed_out_on: LegalDate
    posted_on: LegalDate
    flags: tuple[FieldFlag, ...] = ()


class RecipientListWithdrawn(Payload):
    """A list that was never posted does not hold."""

    type: ClassVar[str] = "logistics.recipient_list_withdrawn.v1"
    kind: ClassVar[str] = "recipient_list"
    key: ClassVar[str] = "list_id"

    list_id: RecipientListId
    reason: WithdrawalReason
    withdrawn_on: LegalDate


class HouseholdsLinked(Payload):
    """The office says that two households are one family; each of the two has an event of its own."""

    type: ClassVar[str] = "logistics.households_linked.v1"
    kind: ClassVar[str] = "recipient"
    key: ClassVar[str] = "household_id"

    household_id: HouseholdId
    other_household_id: HouseholdId
    reason: LinkReason
    linked_on: LegalDate


class HouseholdsUnlinked(Payload):
    """The office says that two households are not one family, whatever was said or concluded before."""

    type: ClassVar[str] = "logistics.households_unlinked.v1"
    kind: ClassVar[str] = "recipient"
    key: ClassVar[str] = "household_id"

    household_id: HouseholdId
    other_household_id: HouseholdId
    reason: UnlinkReason
    unlinked_on: LegalDate


class RationPlanned(Payload):
    """A household is to get goods at a distribution, within what its family was due when it was planned."""

    type: ClassVar[str] = "logistics.ration_planned.v1"
    kind: ClassVar[str] = "recipient"
    key: ClassVar[str] = "household_id"

    household_id: HouseholdId
    distribution_id: DistributionId
    family: tuple[HouseholdId, ...] = Field(min_length=1, max_length=FAMILY_MAX, description="itself and those linked")
    person_count: Count = Field(description="persons of the family, each counted once")
    profile_id: ProfileId
    profile_version: Number
    days: Days
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=ROW_LINES_MAX)
    planned_for: LegalDate


class DistributionPlanned(Payload):
    """Goods in a place's custody are to be given to named households on a day."""

    type: ClassVar[str] = "logistics.distribution_planned.v1"
    kind: ClassVar[str] = "distribution"
    key: ClassVar[str] = "distribution_id"

    distribution_id: DistributionId
    disaster_id: DisasterId
    place_id: PlaceId
    area_code: AreaCode
    household_count: Count
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=LINES_MAX, description="the sum of all rations")
    days: Days
    planned_for: LegalDate
    planned_on: LegalDate


class DistributionCancelled(Payload):
    """A planned distribution will not be held: its rations are free again."""

    type: ClassVar[str] = "logistics.distribution_cancelled.v1"
    kind: ClassVar[str] = "distribution"
    key: ClassVar[str] = "distribution_id"

    distribution_id: DistributionId
    reason: WithdrawalReason
    cancelled_on: LegalDate


EVENTS: tuple[type[Payload], ...] = (
    RecipientListOpened,
    RecipientsListed,
    RecipientListPosted,
    RecipientListWithdrawn,
    HouseholdsLinked,
    HouseholdsUnlinked,
    RationPlanned,
    DistributionPlanned,
    DistributionCancelled,
)
