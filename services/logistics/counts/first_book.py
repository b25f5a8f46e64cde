"""That a place's first count comes before everything else that moves there.

Owns the one look at the stock card that no state can give a decision: whether anything moved in the place meanwhile.
It is taken once the log head is locked, where nothing can come between, and a count that lost the race is taken back
with all it wrote, to be looked up and decided anew. Must not write.
"""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.places.domain import FIRST_BOOK
from shared.contracts.counts import CountPosted
from shared.contracts.logistics import LotReceived
from shared.kit.database import json_rows
from shared.kit.decisions.batch import ReadModel
from shared.kit.decisions.types import Overtaken
from shared.kit.log.append import Placed

_MOVED_BEFORE = sa.text(
    "SELECT EXISTS (SELECT 1 FROM json_to_recordset(CAST(:rows AS json)) AS book(place_id text, begun bigint) "
    "JOIN movement AS m ON m.place_id = book.place_id AND m.position < book.begun)"
)


async def refuse_late_first_books(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Take a first count back where something moved in its place before it.

    Raises: Overtaken.
    """
    begun = {place_id: position for position, place_id in _first_books(placed)}
    if not begun:
        return
    rows = [{"place_id": place_id, "begun": position} for place_id, position in begun.items()]
    if await connection.scalar(_MOVED_BEFORE, {"rows": json_rows(rows)}):
        raise Overtaken


def _first_books(placed: Sequence[Placed]) -> Iterator[tuple[int, str]]:
    """The places that these events give a first book, each with the position of the count: the last one, if two do."""
    posted: dict[str, int] = {}
    for one in placed:
        match one.event.payload:
            case CountPosted() as said:
                posted[f"count:{said.count_id}"] = one.position
            case LotReceived() as said if said.from_place_id == FIRST_BOOK and said.document_number in posted:
                yield posted[said.document_number], said.place_id


FIRST_BOOKS = ReadModel("first_books", (), refuse_late_first_books)
