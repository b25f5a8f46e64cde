"""Which shipments a post sees, and what of them: those for its places, and those that pass them on their way.

Owns which places a post stands for: its own, and the drop points and villages in its area, whose goods it counts. Of a
shipment that only passes it sees the goods and the way, and nobody who answers for them. Must not write.
"""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.places import queries as places
from services.logistics.places.tables import place
from services.logistics.shipments.tables import shipment
from services.logistics.tables import below
from shared.contracts.ids import PlaceId
from shared.contracts.vocabulary import PlaceKind

_KEPT = (PlaceKind.DROP_POINT.value, PlaceKind.VILLAGE.value)
_ENDS = ("to_place_id", "received_at_place_id")
_SIGNERS = frozenset({"carrier_id", "loss_signer_id", "damage_signer_id", "signatures"})


async def kept_by(connection: AsyncConnection, post: PlaceId) -> list[str]:
    """The places a post counts goods for."""
    found = await places.place_by_id(connection, post)
    if found is None or found.area_code is None:
        return [post]
    query = sa.select(place.c.id).where(place.c.place_kind.in_(_KEPT), below(place.c.area_code, found.area_code))
    return [post, *(await connection.execute(query)).scalars()]


def passes(kept: Collection[str]) -> sa.ColumnElement[bool]:
    """The condition that a shipment goes to one of these places, came there, or is to pass one."""
    names = sa.cast(list(kept), sa.ARRAY(sa.Text))
    ends = (sa.any_(names) == shipment.c[name] for name in _ENDS)
    return sa.or_(*ends, shipment.c.via_place_ids.has_any(names))


def in_the_way(found: Mapping[str, Any], kept: Collection[str]) -> bool:
    """Whether one shipment goes to one of these places, came there, or is to pass one."""
    return not {found.get(name) for name in _ENDS}.isdisjoint(kept) or not set(found["via_place_ids"]).isdisjoint(kept)


def as_seen_by_post(found: Mapping[str, Any], post: PlaceId) -> dict[str, Any]:
    """A shipment as a post sees it: its own in full, another without those who carry it and sign for it."""
    if post in {found.get(name) for name in _ENDS}:
        return dict(found)
    shown = _unsigned(found)
    return {**shown, "stops": [_unsigned(stop) for stop in shown["stops"]]} if "stops" in shown else shown


def _unsigned(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _SIGNERS}
