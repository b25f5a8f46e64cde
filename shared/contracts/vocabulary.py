"""The words events are written in: every enumeration, with Indonesian terms where English loses meaning.

Owns closed lists, whose values mean the same to every reader for ever: a new value in a closed list needs a
new version of the events that use it. Lists of flags are open: a reader keeps a flag it does not know yet.
docs/glossary.md explains the Indonesian terms.
"""

import re
from enum import StrEnum
from typing import Any, Self

_FLAG = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Flag(StrEnum):
    """An open list: what an accepted fact or claim must be looked at for. Unknown flags are kept as they came."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str) or not _FLAG.fullmatch(value):
            return None
        flag = str.__new__(cls, value)
        flag._name_ = value.upper()
        flag._value_ = value
        return flag

    @classmethod
    def __get_pydantic_json_schema__(cls, _core: Any, _handler: Any) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{_FLAG.pattern}$", "examples": [flag.value for flag in cls]}


class FieldFlag(Flag):
    """Why a fact from the field, accepted because it has happened, needs a look."""

    LATE = "late"
    IMPLAUSIBLE_TIME = "implausible_time"
    IMPLAUSIBLE_DATE = "implausible_date"
    NUMBER_GAP = "number_gap"
    UNKNOWN_AREA = "unknown_area"
    UNKNOWN_DISASTER = "unknown_disaster"
    UNKNOWN_POST = "unknown_post"
    UNKNOWN_DEVICE = "unknown_device"
    WITHDRAWN_DEVICE = "withdrawn_device"
    UNKNOWN_HOUSEHOLD = "unknown_household"
    UNKNOWN_PERSON = "unknown_person"
    UNKNOWN_SHIPMENT = "unknown_shipment"
    UNKNOWN_LOT = "unknown_lot"
    UNKNOWN_ITEM = "unknown_item"
    UNAUTHORISED_AREA = "unauthorised_area"
    OUTSIDE_DISASTER_AREA = "outside_disaster_area"
    DISASTER_NOT_IN_FORCE = "disaster_not_in_force"
    LIKELY_DUPLICATE = "likely_duplicate"
    NIK_MISSING = "nik_missing"
    NIK_MALFORMED = "nik_malformed"
    NIK_MISMATCH = "nik_mismatch"
    KK_MALFORMED = "kk_malformed"
    PHONE_MALFORMED = "phone_malformed"
    NEGATIVE_STOCK = "negative_stock"
    QUANTITY_MISMATCH = "quantity_mismatch"
    WRONG_ITEM = "wrong_item"
    RECEIVED_TWICE = "received_twice"
    EXPIRED_LOT = "expired_lot"
    RECALLED_LOT = "recalled_lot"
    OVER_QUOTA = "over_quota"
    OVER_ENTITLEMENT = "over_entitlement"
    PRIOR_PERIOD = "prior_period"
    BEFORE_COUNT = "before_count"


class SurplusReason(StrEnum):
    """Why more is there than the book says."""

    UNRECORDED_RECEIPT = "unrecorded_receipt"
    UNRECORDED_RETURN = "unrecorded_return"
    ISSUE_RECORDED_TWICE = "issue_recorded_twice"
    COUNTED_WRONG_BEFORE = "counted_wrong_before"
    FOUND = "found"
    UNKNOWN = "unknown"


class LossReason(StrEnum):
    """Why less is there than the book says."""

    UNRECORDED_ISSUE = "unrecorded_issue"
    RECEIPT_RECORDED_TWICE = "receipt_recorded_twice"
    COUNTED_WRONG_BEFORE = "counted_wrong_before"
    SPOILED = "spoiled"
    DAMAGED = "damaged"
    STOLEN = "stolen"
    UNKNOWN = "unknown"


class ClaimFlag(Flag):
    """Why an opened claim cannot go straight to preparation."""

    NO_RULE_IN_FORCE = "no_rule_in_force"
    NO_PERSON = "no_person"
    LIKELY_DUPLICATE = "likely_duplicate"
    CAUSE_REJECTED = "cause_rejected"
    CAUSE_CHANGED = "cause_changed"


class DisasterPhase(StrEnum):
    """The legal phase of a disaster, each opened by a decree."""

    SIAGA = "siaga"
    TANGGAP_DARURAT = "tanggap_darurat"
    TRANSISI = "transisi"
    SELESAI = "selesai"


class HazardKind(StrEnum):
    """What struck, after the natural, non-natural and social hazards of UU 24/2007 art. 1 and BNPB's DIBI."""

    FLOOD = "flood"
    FLASH_FLOOD = "flash_flood"
    LANDSLIDE = "landslide"
    FOREST_FIRE = "forest_fire"
    HAZE = "haze"
    DROUGHT = "drought"
    EXTREME_WEATHER = "extreme_weather"
    COASTAL_ABRASION = "coastal_abrasion"
    EARTHQUAKE = "earthquake"
    TSUNAMI = "tsunami"
    VOLCANIC_ERUPTION = "volcanic_eruption"
    SETTLEMENT_FIRE = "settlement_fire"
    TRANSPORT_ACCIDENT = "transport_accident"
    TECHNOLOGICAL_FAILURE = "technological_failure"
    EPIDEMIC = "epidemic"
    SOCIAL_CONFLICT = "social_conflict"
    OTHER = "other"


class Sex(StrEnum):
    """As on the identity card, or not known yet."""

    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class AgeBand(StrEnum):
    """Age when reported, in completed years. The cut-offs are assumed: no norm was found that fixes them."""

    UNDER_1 = "under_1"
    FROM_1_TO_4 = "1_4"
    FROM_5_TO_17 = "5_17"
    FROM_18_TO_59 = "18_59"
    FROM_60 = "60_plus"
    UNKNOWN = "unknown"


class VulnerableGroup(StrEnum):
    """The groups UU 24/2007 art. 55(2) protects first.

    Health, disability and pregnancy are specific personal data: this word list is for posts' reports and the
    vault only. No service event carries it; an event has age band and sex.
    """

    INFANT = "infant"
    TODDLER = "toddler"
    CHILD = "child"
    PREGNANT = "pregnant"
    BREASTFEEDING = "breastfeeding"
    DISABLED = "disabled"
    ELDERLY = "elderly"


class Residence(StrEnum):
    """Where a household stays: most flood victims stay at home and are served there."""

    SHELTER = "shelter"
    HOME = "home"
    HOST_FAMILY = "host_family"


class DamageClass(StrEnum):
    """Damage to a house (PUPR guide 2021): ringan light, sedang moderate, berat heavy."""

    RINGAN = "ringan"
    SEDANG = "sedang"
    BERAT = "berat"


class CasualtyKind(StrEnum):
    """What happened to a person."""

    DEATH = "death"
    MISSING = "missing"
    SEVERE_INJURY = "severe_injury"
    LIGHT_INJURY = "light_injury"


class RejectionReason(StrEnum):
    """Why a verifying officer did not confirm a casualty or damage, or withdraws the confirmation."""

    NOT_FOUND = "not_found"
    DUPLICATE = "duplicate"
    NOT_CAUSED_BY_DISASTER = "not_caused_by_disaster"
    DOCUMENTS_MISSING = "documents_missing"
    REPORTED_IN_ERROR = "reported_in_error"
    VERIFIED_IN_ERROR = "verified_in_error"


class PlaceKind(StrEnum):
    """Where goods are. Every movement goes from one place to another, so all places together sum to zero.

    A lumbung is the food store of a Kampung Siaga Bencana, a drop point (titik drop) where villages fetch goods, a
    quarantine what of a store's goods may not be given out. A vehicle holds what is in transit; supplier, donor,
    handed_out, lost, damaged, consumed, destroyed and surplus are accounts outside the stores.
    """

    WAREHOUSE = "warehouse"
    LUMBUNG = "lumbung"
    POST = "post"
    VILLAGE = "village"
    DROP_POINT = "drop_point"
    KITCHEN = "kitchen"
    QUARANTINE = "quarantine"
    VEHICLE = "vehicle"
    SUPPLIER = "supplier"
    DONOR = "donor"
    HANDED_OUT = "handed_out"
    LOST = "lost"
    DAMAGED = "damaged"
    CONSUMED = "consumed"
    DESTROYED = "destroyed"
    SURPLUS = "surplus"


class Authority(StrEnum):
    """Whose goods or warehouse: the owner answers for the balance."""

    PROVINCE = "province"
    REGENCY = "regency"
    KEMENSOS = "kemensos"
    BNPB = "bnpb"
    BULOG = "bulog"
    DONOR = "donor"


class ItemCategory(StrEnum):
    """The groups of the Kemensos relief catalogue."""

    FOOD = "food"
    WATER = "water"
    CLOTHING = "clothing"
    BEDDING = "bedding"
    HYGIENE = "hygiene"
    KITCHEN = "kitchen"
    SHELTER = "shelter"
    CHILD_KIT = "child_kit"
    FAMILY_KIT = "family_kit"
    EQUIPMENT = "equipment"
    OTHER = "other"


class BaseUnit(StrEnum):
    """The unit whole quantities of an item are counted in."""

    GRAM = "g"
    MILLILITRE = "ml"
    PIECE = "piece"
    SET = "set"


class RationPer(StrEnum):
    """Whether a ration line is for each person or each household."""

    PERSON = "person"
    HOUSEHOLD = "household"


class MovementReason(StrEnum):
    """Why goods moved."""

    OPENING = "opening"
    DISPATCH = "dispatch"
    HOP = "hop"
    DELIVERY = "delivery"
    DIVERSION = "diversion"
    EMERGENCY_ISSUE = "emergency_issue"
    HANDOVER = "handover"
    HAND_OUT = "hand_out"
    CONSUMPTION = "consumption"
    ASSEMBLY = "assembly"
    UNPACKING = "unpacking"
    LOSS = "loss"
    DAMAGE = "damage"
    QUARANTINE = "quarantine"
    DESTRUCTION = "destruction"
    RETURN = "return"
    COUNT = "count"
    COUNT_OFFSET = "count_offset"
    CORRECTION = "correction"


class ReservationEnd(StrEnum):
    """How a reservation ended; broken: a fact from the field took the goods."""

    USED = "used"
    RELEASED = "released"
    EXPIRED = "expired"
    BROKEN = "broken"


class Urgency(StrEnum):
    """How soon goods must arrive; the service sets the hours, the request carries the instant."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class CancellationReason(StrEnum):
    """Why a request is not served any further."""

    NO_LONGER_NEEDED = "no_longer_needed"
    DUPLICATE = "duplicate"
    SERVED_BY_OTHERS = "served_by_others"
    OPENED_IN_ERROR = "opened_in_error"


class FundSource(StrEnum):
    """Whose money: unexpected-expenditure (BTT) or programme lines of the APBD, ministry, BNPB, donations."""

    APBD_BTT = "apbd_btt"
    APBD_PROGRAM = "apbd_program"
    KEMENSOS = "kemensos"
    BNPB = "bnpb"
    DONATION = "donation"


class Benefit(StrEnum):
    """What compensation (santunan) is for."""

    DEATH = "death"
    SEVERE_INJURY = "severe_injury"
    LIGHT_INJURY = "light_injury"
    HOUSE_BERAT = "house_berat"
    HOUSE_SEDANG = "house_sedang"
    HOUSE_RINGAN = "house_ringan"


class RefusalReason(StrEnum):
    """Why a claim was refused."""

    NOT_ELIGIBLE = "not_eligible"
    DUPLICATE = "duplicate"
    CAUSE_REJECTED = "cause_rejected"
    DOCUMENTS_MISSING = "documents_missing"
    HEIRS_IN_DISPUTE = "heirs_in_dispute"
    WITHDRAWN = "withdrawn"
    OPENED_IN_ERROR = "opened_in_error"


class FundsReleaseReason(StrEnum):
    """Why committed money became free again."""

    CLAIM_REFUSED = "claim_refused"
    CLAIM_REPRICED = "claim_repriced"
    APPROVAL_WITHDRAWN = "approval_withdrawn"
    BUDGET_EXPIRED = "budget_expired"


class ReturnReason(StrEnum):
    """Why a payout came back, as the bank or the officer says."""

    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_UNKNOWN = "account_unknown"
    NAME_MISMATCH = "name_mismatch"
    PAYEE_DECEASED = "payee_deceased"
    PAID_IN_ERROR = "paid_in_error"
    OTHER = "other"
