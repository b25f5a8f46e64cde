"""Why goods of a lot may not be taken: the refusals that decisions of several capabilities share.

Owns their words. Pure.
"""

from datetime import date

from services.logistics.stock.domain import Balance, Lot
from shared.kit.decisions.types import Refusal


def not_available(balance: Balance, quantity: int) -> Refusal | None:
    """The refusal of a decision that would take more than is free in a place."""
    refusal = to_explain(balance)
    if refusal is not None:
        return refusal
    if quantity > balance.available:
        return Refusal(
            slug="stock-short",
            detail="Only %(available)d is there and not reserved.",
            next_step="Take less, or from another lot or place.",
            params={"available": balance.available},
        )
    return None


def to_explain(balance: Balance) -> Refusal | None:
    """The refusal of a decision about goods of which a report from the field took more than was there."""
    if not balance.field_deficit:
        return None
    return Refusal(
        slug="stock-to-explain",
        detail="A report from the field took %(missing)d more than was there, which is not explained yet.",
        next_step="Receive or correct what explains it, then decide again.",
        params={"missing": balance.field_deficit},
    )


def lot_unknown() -> Refusal:
    """The refusal of an office decision about a lot nobody received."""
    return Refusal(
        slug="lot-unknown",
        detail="There is no lot under this id.",
        next_step="Check the id, or receive the lot first.",
        status=404,
    )


def not_issuable(lot: Lot, on: date) -> Refusal | None:
    """The refusal to give out goods that are past their last day or recalled."""
    if lot.expires_on is not None and lot.expired(on):
        return lot_expired(lot.expires_on)
    if lot.recall_id is not None:
        return Refusal(
            slug="lot-recalled",
            detail="The goods are recalled.",
            next_step="Give out other goods; keep these apart until the recall is lifted or they are destroyed.",
        )
    return None


def lot_expired(on: date) -> Refusal:
    """The refusal to receive, reserve or send goods past their last day."""
    return Refusal(
        slug="lot-expired",
        detail="The goods expired on %(expires_on)s.",
        next_step="Write the goods off; nothing past its last day is given to victims.",
        params={"expires_on": on.isoformat()},
    )


def goods_on_the_way() -> Refusal:
    """The refusal to move goods on or off a vehicle apart from its shipment, which says where each unit is."""
    return Refusal(
        slug="goods-on-the-way",
        detail="Where goods on a vehicle are is told by their shipment, unit by unit.",
        next_step="Count the shipment with what is missing or damaged, take back a wrong count, or record a return.",
    )
