"""The places a shipment is planned to pass (titik drop): who keeps them knows beforehand and counts it there.

Owns what may be such a stop. Pure.
"""

from collections.abc import Sequence

from services.logistics.places import domain as places
from shared.contracts.ids import PlaceId
from shared.kit.decisions.types import Ref, Refusal, States


def stop_refs(place_ids: Sequence[PlaceId]) -> tuple[Ref, ...]:
    """The places a command names, each once."""
    return tuple(Ref("place", place_id) for place_id in dict.fromkeys(place_ids))


def no_stop(states: States, via_place_ids: Sequence[PlaceId]) -> Refusal | None:
    """The refusal of a way over a place where no goods can lie."""
    for place_id in via_place_ids:
        if places.kind_of(states, place_id) not in places.STORES:
            return places.place_unknown(place_id)
    return None
