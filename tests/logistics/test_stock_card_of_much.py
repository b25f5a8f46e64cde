"""A page of a stock card costs what it shows, however much has moved before and elsewhere.

Goal: no card that gets slower as the ledger grows. Method: a ledger of many movements, and the blocks of the card the
database looks at for a page, which nothing else on the machine changes.
"""

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.ledger import BUSIEST, FIRST_POSITION, OPENED_LATE, Ledger
from services.logistics.counts.queries import last_movement
from services.logistics.stock.card_queries import CardOf, card
from tanggap.box.servers import plain_url
from tests.logistics.office import Office

MOVEMENTS = 20_000
ROWS = 50
# A block for each row, and the way to the first of them in an index.
MOST_BLOCKS = ROWS + 20
_LOOKED_AT = sa.text(
    "SELECT sum(pg_stat_get_xact_blocks_fetched(looked.id)) FROM (SELECT CAST('movement' AS regclass) AS id "
    "UNION ALL SELECT indexrelid FROM pg_index WHERE indrelid = CAST('movement' AS regclass)) AS looked"
)


@pytest.fixture
async def books(office: Office) -> Office:
    """The service with much in its ledger."""
    connection = await asyncpg.connect(plain_url(office.runtime.settings.database_url))
    try:
        await Ledger(MOVEMENTS).fill(connection)
    finally:
        await connection.close()
    return office


async def test_any_page_looks_at_no_more_than_it_shows(books: Office) -> None:
    """A store opened when half had moved is not searched for from the ledger's first movement; a cursor leads there."""
    near_end = (FIRST_POSITION + MOVEMENTS - 1_000, 0)
    for place_id, after in ((BUSIEST, None), (OPENED_LATE, None), (BUSIEST, near_end)):
        async with books.runtime.database.reading() as connection:
            rows, _ = await card(connection, CardOf(place_id), after=after, limit=ROWS)
            assert len(rows) == ROWS + 1
            assert await looked_at(connection) <= MOST_BLOCKS


async def test_a_count_finds_the_last_movement_at_once(books: Office) -> None:
    """Also of a store in which nothing has moved for long."""
    async with books.runtime.database.reading() as connection:
        assert await last_movement(connection, "supplier") < FIRST_POSITION + 1_200
        assert await looked_at(connection) <= MOST_BLOCKS


async def looked_at(connection: AsyncConnection) -> int:
    """Blocks of the card and its indexes this transaction has looked at."""
    return int(await connection.scalar(_LOOKED_AT))
