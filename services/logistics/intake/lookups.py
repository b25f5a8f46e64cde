"""What a batch of reports needs to know besides what it says: read once for the whole batch.

Owns these reads. What they find is a hint for the decision, which looks at the states themselves under lock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.counts import queries as counts
from services.logistics.counts.reporting import Booked
from services.logistics.handouts.domain import Candidate, unattributed_lot
from services.logistics.intake.reading import Report
from services.logistics.periods import queries as periods
from services.logistics.periods.late import ClosedBooks
from services.logistics.places import queries as places
from services.logistics.shipments import queries as shipments
from services.logistics.stock import queries as stock
from services.logistics.stock.tables import balance, lot
from shared.contracts import field as reports
from shared.contracts.ids import ItemCode, LotId, PlaceId, RequestId
from shared.kit.http.reads import array
from shared.kit.http.reads import as_of as position_of


@dataclass(frozen=True, slots=True)
class Lookups:
    """What was found for a post's batch: villages its shipments went to, and the lots its goods may be of.

    `booked` is what the book held where each count was made, by count and item; `head` the position it reaches.
    """

    place_id: PlaceId
    villages: Mapping[str, PlaceId] = field(default_factory=dict)
    candidates: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)
    reserving: Mapping[str, tuple[RequestId, ...]] = field(default_factory=dict)
    requests: Mapping[str, RequestId] = field(default_factory=dict)
    kitchens: Mapping[str, "Lookups"] = field(default_factory=dict)
    closed_until: Mapping[str, date] = field(default_factory=dict)
    posted_on: date | None = None
    booked: Mapping[str, Mapping[str, tuple[Booked, ...]]] = field(default_factory=dict)
    head: int = 0

    def closed(self, on: date) -> ClosedBooks:
        """The books that are closed for a day, and the day on which a fact of it is posted."""
        owners = tuple(owner_id for owner_id, until in self.closed_until.items() if on <= until)
        return ClosedBooks(owners, self.posted_on)

    def serves(self, shipment_id: str) -> tuple[PlaceId, ...]:
        """The village the post takes this shipment for, if it went to one in the post's area."""
        village = self.villages.get(shipment_id)
        return () if village is None else (village,)

    def sent_for(self, shipment_id: str) -> RequestId | None:
        """The request a shipment was sent for, if it is known and was sent for one."""
        return self.requests.get(shipment_id)

    def candidates_of(self, item_code: str | None) -> tuple[Candidate, ...]:
        """The lots of an item that are at the post or on their way there, first expiry first."""
        return self.candidates.get(item_code or "", ())

    def holders(self, lot_ids: Iterable[str]) -> tuple[RequestId, ...]:
        """The requests that have goods of these lots reserved at the post: a fact may break their reservations."""
        return tuple(dict.fromkeys(one for lot_id in lot_ids for one in self.reserving.get(lot_id, ())))

    def unattributed(self, item_code: str) -> LotId:
        """The lot that stands for goods of an item at this post that nobody can name a lot of."""
        return unattributed_lot(self.place_id, item_code)


async def look_up(connection: AsyncConnection, place_id: PlaceId, batch: Sequence[Report], today: date) -> Lookups:
    """What the reports of one post's batch need; what lies in a closed period is posted today."""
    counted = (reports.ShipmentReceived, reports.ShipmentPassed)
    received = [one.said.shipment_id for one in batch if isinstance(one.said, counted)]
    item_codes = {
        line.item_code
        for one in batch
        if isinstance(one.said, reports.GoodsHandedOut)
        for line in one.said.lines
        if line.lot_id is None and line.item_code is not None
    }
    villages = await _villages(connection, place_id, received) if received else {}
    candidates = await _candidates(connection, place_id, sorted(item_codes)) if item_codes else {}
    given = any(isinstance(one.said, reports.GoodsHandedOut) for one in batch)
    reserving = await stock.reserving(connection, [place_id]) if given else {}
    sent_for = await shipments.sent_for(connection, received) if received else {}
    meals = [one.said for one in batch if isinstance(one.said, reports.MealsServed)]
    kitchens = {str(said.kitchen_id): await _kitchen(connection, said.kitchen_id, meals) for said in meals}
    closed_until = await periods.closed_until(connection, min(one.happened_on for one in batch))
    return Lookups(
        place_id,
        villages,
        candidates,
        reserving,
        sent_for,
        kitchens,
        closed_until,
        today,
        await _booked(connection, place_id, batch),
        await position_of(connection),
    )


async def _booked(
    connection: AsyncConnection, place_id: PlaceId, batch: Sequence[Report]
) -> dict[str, Mapping[str, tuple[Booked, ...]]]:
    """What the book of the post's place held where each of its counts was made."""
    made = [(one.said, one.happened_at) for one in batch if isinstance(one.said, reports.PlaceCounted)]
    return {said.count_id: await counts.booked_items(connection, place_id, said.as_of, at) for said, at in made}


async def _kitchen(connection: AsyncConnection, kitchen_id: PlaceId, meals: Sequence[reports.MealsServed]) -> Lookups:
    """What is in a kitchen that the post reports for."""
    lines = [line for said in meals if said.kitchen_id == kitchen_id for line in said.ingredients]
    item_codes = {line.item_code for line in lines if line.lot_id is None and line.item_code is not None}
    candidates = await _candidates(connection, kitchen_id, sorted(item_codes)) if item_codes else {}
    return Lookups(kitchen_id, {}, candidates, await stock.reserving(connection, [kitchen_id]))


async def _villages(connection: AsyncConnection, place_id: str, shipment_ids: Sequence[str]) -> dict[str, PlaceId]:
    post = await places.place_by_id(connection, place_id)
    if post is None or post.area_code is None:
        return {}
    served = await shipments.villages_served(connection, shipment_ids)
    return {
        id_: PlaceId(village)
        for id_, (village, area_code) in served.items()
        if f"{area_code}.".startswith(f"{post.area_code}.")
    }


async def _candidates(
    connection: AsyncConnection, place_id: str, item_codes: Sequence[str]
) -> dict[str, tuple[Candidate, ...]]:
    coming = await shipments.coming(connection, place_id)
    here = sa.select(balance.c.parent).where(balance.c.entry == place_id, balance.c.on_hand > balance.c.reserved)
    query = (
        sa.select(lot.c.id, lot.c.item_code, lot.c.expires_on)
        .where(lot.c.item_code == array(item_codes), sa.or_(lot.c.id.in_(here), lot.c.id == array(coming)))
        .order_by(sa.func.coalesce(lot.c.expires_on, date.max), lot.c.id)
    )
    found: dict[str, tuple[Candidate, ...]] = {}
    for row in await connection.execute(query):
        candidate = Candidate(LotId(row.id), coming.get(row.id, 0))
        found[ItemCode(row.item_code)] = (*found.get(row.item_code, ()), candidate)
    return found
