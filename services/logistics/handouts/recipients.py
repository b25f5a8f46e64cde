"""Who got goods of which lot: the way back from a lot to households, and what each household got.

Owns a read model written in the transaction that logs hand-outs, posted lists of recipients and the reversals of their
movements. Lots and households stand in tables of their own, joined by the hand-out: one of 20 lots to 500 households is
520 rows, not 10,000. What a reversal takes back is taken off the households' parts alike, in whole units.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.handouts.tables import lot_given, received
from services.logistics.places.domain import HANDED_OUT
from shared.contracts.distribution import PostedLine, RecipientListPosted
from shared.contracts.logistics import GoodsHandedOut, HandedOutLine, StockMoved
from shared.kit.database import copy_rows
from shared.kit.decisions.batch import ReadModel
from shared.kit.log.append import Placed

_GIVEN = [str(column.name) for column in lot_given.columns]
_RECEIVED = [str(column.name) for column in received.columns]
# What a posted list's named households got, each the sum of its rows.
_WRITE_LISTED = sa.text(
    "INSERT INTO received (source, item_code, household_id, told, quantity, received_on, position) "
    "SELECT :source, line->>0, r.household_id, sum(CAST(line->>1 AS bigint)), sum(CAST(line->>1 AS bigint)), "
    "CAST(:on AS date), :position FROM list_row AS r, jsonb_array_elements(r.lines) AS line "
    "WHERE r.list_id = :list_id AND r.household_id IS NOT NULL GROUP BY line->>0, r.household_id "
    "ON CONFLICT (source, item_code, household_id) DO UPDATE SET told = received.told + excluded.told, "
    "quantity = received.quantity + excluded.quantity"
)
# How many households are named: of a hand-out that named nobody, by a list from then on.
_COUNT_LISTED = sa.text(
    "UPDATE lot_given SET household_count = (SELECT count(DISTINCT household_id) FROM received WHERE source = :source) "
    "WHERE source = :source"
)
# What a reversal took back, or gave again, of a lot by one hand-out or list.
_CHANGE = sa.text("UPDATE lot_given SET quantity = quantity + :change WHERE lot_id = :lot_id AND source = :source")
# Each household's part of what is left of an item: whole units that sum to it, each less than one off its exact part.
_SHARE_ANEW = sa.text("""
UPDATE received AS r SET quantity = part.quantity
FROM (
    SELECT source, item_code, household_id, CAST(
        div(so_far * held, whole) - div((so_far - told) * held, whole) AS bigint
    ) AS quantity
    FROM (
        SELECT source, item_code, household_id, told, CAST(
            sum(told) OVER (PARTITION BY source, item_code ORDER BY household_id) AS numeric
        ) AS so_far
        FROM received WHERE source = ANY(CAST(:sources AS text[]))
    ) AS named
    JOIN (
        SELECT source, item_code, sum(quantity) AS held, sum(told) AS whole
        FROM lot_given WHERE source = ANY(CAST(:sources AS text[])) GROUP BY source, item_code
    ) AS given USING (source, item_code)
) AS part
WHERE (r.source, r.item_code, r.household_id) = (part.source, part.item_code, part.household_id)
  AND r.quantity <> part.quantity
""")


async def apply_hand_outs(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Write which lots these hand-outs and lists took, what each household named got, and what was taken back."""
    given: list[tuple[Any, ...]] = []
    shares: list[tuple[Any, ...]] = []
    posted: list[tuple[Placed, RecipientListPosted]] = []
    for one in placed:
        match one.event.payload:
            # A hand-out told again moved nothing: its first telling stands.
            case GoodsHandedOut() as said if one.event.sequence == 1:
                given += _given(one, said, said.household_count)
                shares += _shares(one, said)
            case RecipientListPosted() as said:
                given += _given(one, said, 0)
                posted.append((one, said))
    await copy_rows(connection, lot_given, _GIVEN, given)
    await copy_rows(connection, received, _RECEIVED, shares)
    for one, said in posted:
        source = source_of(one, said)
        values = {"source": source, "on": said.handed_out_on, "position": one.position, "list_id": said.list_id}
        await connection.execute(_WRITE_LISTED, values)
        await connection.execute(_COUNT_LISTED, {"source": source})
    await _take_back(connection, placed, [f"handout/{said.handout_id}" for _, said in posted if said.handout_id])


async def _take_back(connection: AsyncConnection, placed: Sequence[Placed], listed: Sequence[str]) -> None:
    """Follow the reversals; a list of what a hand-out gave tells of what is left of that."""
    changes: list[dict[str, Any]] = []
    for said in (one.event.payload for one in placed):
        source = given_back(said) if isinstance(said, StockMoved) else None
        if isinstance(said, StockMoved) and source is not None:
            change = said.quantity if said.to_place_id == HANDED_OUT else -said.quantity
            changes.append({"source": source, "lot_id": said.lot_id, "change": change})
    if changes:
        await connection.execute(_CHANGE, changes)
    sources = sorted({*listed, *(str(change["source"]) for change in changes)})
    if sources:
        await connection.execute(_SHARE_ANEW, {"sources": sources})


def given_back(said: StockMoved) -> str | None:
    """The hand-out or list of which a movement takes something back (or a reversal of that), or None."""
    ours = said.cause.partition("/")[0] in ("handout", "recipient_list")
    reverses = said.reverses is not None and HANDED_OUT in (said.from_place_id, said.to_place_id)
    return said.cause if ours and reverses else None


def source_of(one: Placed, said: RecipientListPosted) -> str:
    """By what a list's households got their goods: the hand-out the list is for, else the list itself."""
    return one.event.ref.subject if said.handout_id is None else f"handout/{said.handout_id}"


def _given(one: Placed, said: GoodsHandedOut | RecipientListPosted, household_count: int) -> Iterator[tuple[Any, ...]]:
    for (lot_id, item_code), quantity in _by_lot(said.lines).items():
        place = (said.disaster_id, said.place_id, said.area_code)
        of = (lot_id, one.event.ref.subject, item_code)
        yield (*of, *place, quantity, quantity, household_count, said.handed_out_on)


def _by_lot(lines: Sequence[HandedOutLine | PostedLine]) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for line in lines:
        sums[(line.lot_id, line.item_code)] += line.quantity
    return sums


def _shares(one: Placed, said: GoodsHandedOut) -> Iterator[tuple[Any, ...]]:
    household_ids = list(dict.fromkeys(said.household_ids))
    by_item: dict[str, int] = defaultdict(int)
    for line in said.lines:
        by_item[line.item_code] += line.quantity
    for item_code, quantity in by_item.items():
        for household_id, share in zip(household_ids, equal_shares(quantity, len(household_ids)), strict=True):
            of = (one.event.ref.subject, item_code, household_id)
            yield (*of, share, share, said.place_id, said.handed_out_on, one.position)


def equal_shares(quantity: int, count: int) -> list[int]:
    """A quantity in so many whole shares that differ by one at most and sum to it."""
    if not count:
        return []
    share, left = divmod(quantity, count)
    return [share + (index < left) for index in range(count)]


LOT_RECIPIENTS = ReadModel("lot_recipients", (lot_given, received), apply_hand_outs)
