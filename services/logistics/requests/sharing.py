"""Who gets how much of goods that do not suffice for all.

Owns the weights and the division: by how urgent a request is and how many persons still wait for it, in whole units,
the largest remainder first, never more than is wanted. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.logistics.requests.waiting import ASSUMED_DUE_H
from shared.contracts.vocabulary import Urgency

# The weight of an urgency is how often its hours go into those of the least urgent: 12, 6, 2 and 1.
WEIGHTS = {urgency: max(ASSUMED_DUE_H.values()) // hours for urgency, hours in ASSUMED_DUE_H.items()}


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody wants of the goods, and by which weight."""

    id: str
    weight: int
    wanted: int


def weight_of(urgency: Urgency, persons: int | None, *, short: int, requested: int) -> int:
    """The weight of a request's line: its urgency times the persons not served yet, one where nobody counted them."""
    waiting = -(-(persons or 1) * short // max(requested, short, 1))
    return WEIGHTS[urgency] * max(waiting, 1)


def shared(available: int, claims: Sequence[Claim]) -> dict[str, int]:
    """What each claim gets: together all that is there or all that is wanted, whichever is less."""
    shares = dict.fromkeys((claim.id for claim in claims), 0)
    left, open_ = available, [claim for claim in claims if claim.wanted]
    while open_:
        weights = sum(claim.weight for claim in open_)
        served = {claim.id for claim in open_ if claim.wanted * weights <= left * claim.weight}
        if not served:
            break
        for claim in open_:
            if claim.id in served:
                shares[claim.id] = claim.wanted
                left -= claim.wanted
        open_ = [claim for claim in open_ if claim.id not in served]
    if not open_:
        return shares
    weights = sum(claim.weight for claim in open_)
    for claim in open_:
        shares[claim.id] = left * claim.weight // weights
    rest = left - sum(shares[claim.id] for claim in open_)
    for claim in sorted(open_, key=lambda one: (-(left * one.weight % weights), -one.weight, one.id))[:rest]:
        shares[claim.id] += 1
    return shares
