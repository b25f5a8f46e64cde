"""Quotas: how much of the state's rice reserve, or of other goods under a quota, an area may draw in a year.

Owns the sum of what was drawn and that a decision never goes beyond the ceiling, while a fact that does is flagged.
Draws are counted from the first one, also before anybody set a ceiling. Provinces and regencies have quotas, and what
goes to a village counts for both. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.logistics.items import domain as items
from services.logistics.places import domain as places
from services.logistics.requests.domain import plan_outdated
from services.logistics.stock.domain import Lot
from shared.contracts.envelope import Payload
from shared.contracts.ids import ItemCode, LotId, OwnerId, QuotaId, Subject
from shared.contracts.quotas import QuotaDrawn, QuotaSet
from shared.contracts.vocabulary import FieldFlag
from shared.kit.decisions.types import Event, Ref, Refusal, States

# Whose goods are under quotas: the government's reserve is kept by Bulog (Perpres 125/2022).
QUOTA_OWNERS = frozenset({"bulog"})
# 62 and 62.06: governors and regents draw on the reserve.
_LEVELS = (2, 5)


@dataclass(frozen=True, slots=True)
class Quota:
    """What an area drew of an item in a year, and how much it may. Without a ceiling nobody has set one yet."""

    id: str
    version: int
    owner_id: str
    item_code: str
    area_code: str
    fiscal_year: int
    ceiling: int | None = None
    legal_basis: str | None = None
    used: int = 0
    set_on: date | None = None


@dataclass(frozen=True, slots=True)
class SetQuota:
    """The office writes a ceiling down, by the regulation or letter that gives it."""

    owner_id: OwnerId
    item_code: ItemCode
    area_code: str
    area_known: bool
    fiscal_year: int
    ceiling: int
    legal_basis: str
    recorded_on: date

    @property
    def quota_id(self) -> QuotaId:
        """The one id of this item, area and year."""
        return quota_id(self.item_code, self.area_code, self.fiscal_year)

    def aggregates(self) -> Sequence[Ref]:
        """The quota."""
        return (Ref("quota", self.quota_id),)

    def reads(self) -> Sequence[Ref]:
        """The item."""
        return (Ref("item", self.item_code),)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Goods of a lot that leave for an area."""

    lot_id: LotId
    quantity: int


def quota_id(item_code: str, area_code: str, year: int) -> QuotaId:
    """The one id of an item, area and year."""
    return QuotaId(f"{item_code}:{area_code}:{year}")


def quotas_of(item_code: str, area_code: str, on: date) -> dict[QuotaId, str]:
    """The quotas that goods of an item count for when they leave for an area on a day, each with its own area."""
    levels = (area_code[:level] for level in _LEVELS if len(area_code) >= level)
    return {quota_id(item_code, area, on.year): area for area in levels}


def quota_refs(quota_ids: Iterable[QuotaId]) -> tuple[Ref, ...]:
    """The quotas a command names, each once."""
    return tuple(Ref("quota", id_) for id_ in dict.fromkeys(quota_ids))


def decide_set_quota(states: States, command: SetQuota) -> list[Payload] | Refusal:
    """Set a ceiling, whatever was drawn before; the same again is no new event."""
    unknown = items.unknown_among(states, [command.item_code])
    if unknown is not None:
        return unknown
    if not command.area_known or len(command.area_code) not in _LEVELS:
        return places.area_unknown(command.area_code)
    if command.owner_id not in QUOTA_OWNERS:
        return Refusal(
            slug="owner-without-quota",
            detail="Goods of this owner are under no quota.",
            next_step="Set quotas for the goods of: %(owners)s.",
            params={"owners": ", ".join(sorted(QUOTA_OWNERS))},
            status=422,
        )
    quota = states.find(Quota, command.quota_id)
    if quota is not None and (quota.ceiling, quota.legal_basis) == (command.ceiling, command.legal_basis):
        return []
    return [
        QuotaSet(
            quota_id=command.quota_id,
            owner_id=command.owner_id,
            item_code=command.item_code,
            area_code=command.area_code,
            fiscal_year=command.fiscal_year,
            ceiling=command.ceiling,
            legal_basis=command.legal_basis,
            set_on=command.recorded_on,
        )
    ]


@dataclass(frozen=True, slots=True)
class Draw:
    """Goods that leave together for an area, and what they belong to. `quota_ids` are those the command named."""

    area_code: str
    drawings: tuple[Drawing, ...]
    quota_ids: tuple[QuotaId, ...]
    cause: Subject
    on: date


def draw(states: States, wanted: Draw, *, by_fact: bool) -> list[QuotaDrawn] | Refusal:
    """What leaves under quotas: a decision beyond a ceiling is refused, a fact beyond it carries a flag.

    Goods of owners without quotas draw nothing.
    """
    drawn: dict[QuotaId, int] = dict.fromkeys(wanted.quota_ids, 0)
    events: list[QuotaDrawn] = []
    for one in wanted.drawings:
        lot = states.find(Lot, one.lot_id)
        if lot is None or lot.owner_id not in QUOTA_OWNERS:
            continue
        for id_, area_code in quotas_of(lot.item_code, wanted.area_code, wanted.on).items():
            if id_ not in drawn:
                return plan_outdated()
            left = _left(states, id_)
            drawn[id_] += one.quantity
            over = left is not None and drawn[id_] > left
            if over and left is not None and not by_fact:
                return over_quota(max(0, left))
            events.append(_drawn(one, lot, (id_, area_code), wanted, over=over))
    return events


def _left(states: States, id_: QuotaId) -> int | None:
    """What may still be drawn of a quota; below zero where facts went beyond it, None where nobody set a ceiling."""
    quota = states.find(Quota, id_)
    return None if quota is None or quota.ceiling is None else quota.ceiling - quota.used


def _drawn(one: Drawing, lot: Lot, of: tuple[QuotaId, str], wanted: Draw, *, over: bool) -> QuotaDrawn:
    return QuotaDrawn(
        quota_id=of[0],
        owner_id=OwnerId(lot.owner_id or ""),
        item_code=ItemCode(lot.item_code),
        area_code=of[1],
        fiscal_year=wanted.on.year,
        lot_id=one.lot_id,
        quantity=one.quantity,
        cause=wanted.cause,
        drawn_on=wanted.on,
        flags=(FieldFlag.OVER_QUOTA,) if over else (),
    )


def over_quota(remaining: int) -> Refusal:
    """The refusal of a decision that would draw more than an area may."""
    return Refusal(
        slug="quota-exceeded",
        detail="The area's quota of this year has %(remaining)d left.",
        next_step="Send less, take goods of another owner, or write a higher quota down by its letter.",
        params={"remaining": remaining},
    )


def evolve_quota(quota: Quota | None, event: Event) -> Quota:
    """The quota after its ceiling was set or something was drawn."""
    match event.payload:
        case QuotaSet() as said:
            before = quota if quota is not None else _opened(event, said)
            changed = replace(before, version=event.sequence, ceiling=said.ceiling)
            return replace(changed, legal_basis=said.legal_basis, set_on=said.set_on)
        case QuotaDrawn() as said:
            before = quota if quota is not None else _opened(event, said)
            return replace(before, version=event.sequence, used=before.used + said.quantity)
    raise TypeError(f"{event.payload.type} after {quota and quota.version}")


def _opened(event: Event, said: QuotaSet | QuotaDrawn) -> Quota:
    return Quota(event.ref.id, event.sequence, said.owner_id, said.item_code, said.area_code, said.fiscal_year)
