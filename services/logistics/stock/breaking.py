"""Which reservations a fact breaks first.

Owns that order. Pure.
"""

from datetime import datetime

from services.logistics.stock.domain import Lot, Reservation
from shared.contracts.vocabulary import Urgency

_MOST_URGENT_FIRST = (Urgency.CRITICAL, Urgency.HIGH, Urgency.MEDIUM, Urgency.LOW)


def breaking_order(lot: Lot, place_id: str) -> list[str]:
    """The reservations of a lot in a place as they are broken: least urgent, then latest due, then newest."""
    kept = [(id_, one) for id_, one in lot.reservations.items() if one.place_id == place_id]
    return [id_ for id_, _ in sorted(kept, key=lambda entry: _rank(entry[1]), reverse=True)]


def _rank(kept: Reservation) -> tuple[int, datetime, int]:
    return _MOST_URGENT_FIRST.index(kept.urgency), kept.due_at, kept.made
