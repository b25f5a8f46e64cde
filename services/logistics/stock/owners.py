"""Whose goods a decision may draw on.

Owns that the office decides only about goods of the owners its token names; other owners' goods are asked for. What a
post reports has happened, whoever owns the goods. Pure.
"""

from services.logistics.stock.domain import Lot
from shared.kit.decisions.types import Refusal

# The owners of a token's scope; `*` stands for all.
Owners = tuple[str, ...]
EVERY_OWNER = "*"
ANY_OWNER: Owners = (EVERY_OWNER,)


def not_yours(owners: Owners, lot: Lot) -> Refusal | None:
    """The refusal of a decision about goods whose owner the decider does not act for.

    A lot that only reports have named has no owner yet: who keeps the place it is in decides.
    """
    return None if lot.owner_id is None else not_owned(owners, lot.owner_id)


def not_owned(owners: Owners, owner_id: str) -> Refusal | None:
    """The refusal of a decision about the goods of an owner the decider does not act for."""
    return None if EVERY_OWNER in owners or owner_id in owners else owner_refused()


def owner_refused() -> Refusal:
    """The refusal of a decision about another owner's goods."""
    return Refusal(
        slug="other-owners-goods",
        detail="These goods belong to another owner than those you decide for.",
        next_step="Ask their owner for support, or take goods of your own owner.",
        status=403,
    )
