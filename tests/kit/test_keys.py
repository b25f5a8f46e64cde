"""Two transactions that want one unique key, as two posts that register the same identity at once.

Goal: a key has one holder whoever comes first, and the later one hears of it. Method: the first transaction is held
open on a real PostgreSQL until the second waits for it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from shared.kit import clock
from shared.kit.database import wants_rerun
from shared.kit.decisions.batch import decide_batch
from shared.kit.decisions.group import Decisions
from shared.kit.decisions.types import Accepted, Item, Outcome, Refused, UniqueKey
from shared.kit.vault.tables import unique_key
from tests.kit.harness import Bench, item, workbench
from tests.kit.toy.domain import OpenCounter
from tests.kit.toy.service import TOY
from tests.running import PATIENCE_S

NAME = UniqueKey("name", b"one digest")


def opening(counter_id: str, *keys: UniqueKey) -> Item:
    """A counter opened under unique keys, the first of which is its name."""
    return item(OpenCounter(counter_id, 10, keys[0]), claims=dict.fromkeys(keys, counter_id))


@asynccontextmanager
async def door(bench: Bench) -> AsyncIterator[Decisions]:
    """A replica's decider, which runs lost races again."""
    decisions = Decisions(bench.database, bench.rules, on_commit=lambda outcomes: None)
    decisions.start()
    try:
        yield decisions
    finally:
        await decisions.stop()


async def until_somebody_waits(bench: Bench) -> None:
    """Until a transaction waits for another's lock."""
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with bench.database.reading() as connection:
                if await connection.scalar(waiting):
                    return
            await asyncio.sleep(0.01)


async def holders(bench: Bench) -> dict[bytes, str]:
    """Who holds which digest."""
    async with bench.database.reading() as connection:
        rows = await connection.execute(sa.select(unique_key.c.digest, unique_key.c.holder))
        return {row.digest: row.holder for row in rows}


async def decide(bench: Bench, *items: Item) -> list[Outcome]:
    async with bench.database.transaction() as connection:
        return await decide_batch(connection, bench.rules, items, now=clock.now())


async def test_the_later_of_two_claims_is_told_to_run_again(database_url: str) -> None:
    """Both read the key as free; the second's insert meets the first's commit and asks to be run again."""
    async with workbench(TOY, database_url) as bench:
        async with bench.database.transaction() as early:
            await decide_batch(early, bench.rules, [opening("a", NAME)], now=clock.now())
            late = asyncio.create_task(decide(bench, opening("b", NAME)))
            await until_somebody_waits(bench)
        with pytest.raises(DBAPIError) as lost:
            await late
        assert wants_rerun(lost.value)
        assert await holders(bench) == {NAME.digest: "a"}


async def test_run_again_the_later_claim_sees_the_holder(database_url: str) -> None:
    """The decider runs a lost race again unseen: the second caller is answered by the rule, not by an error."""
    async with workbench(TOY, database_url) as bench, door(bench) as replica:
        async with bench.database.transaction() as early:
            (first,) = await decide_batch(early, bench.rules, [opening("a", NAME)], now=clock.now())
            late = asyncio.create_task(replica.submit(opening("b", NAME)))
            await until_somebody_waits(bench)
        assert isinstance(first, Accepted)
        refused = await late
        assert isinstance(refused, Refused) and refused.refusal.slug == "name-taken"
        assert await holders(bench) == {NAME.digest: "a"}


async def test_a_claim_whose_rival_is_rolled_back_gets_the_key(database_url: str) -> None:
    """A transaction that fails gives its keys up: whoever waited for it holds them."""
    async with workbench(TOY, database_url) as bench:
        async with bench.database.engine.connect() as early:
            await decide_batch(early, bench.rules, [opening("a", NAME)], now=clock.now())
            late = asyncio.create_task(decide(bench, opening("b", NAME)))
            await until_somebody_waits(bench)
            await early.rollback()
        (accepted,) = await late
        assert isinstance(accepted, Accepted)
        assert await holders(bench) == {NAME.digest: "b"}


async def test_many_claims_in_crossed_order_end_with_one_holder_each(database_url: str) -> None:
    """Keys are taken in one order, so two replicas with the same keys in other orders do not lock each other out."""
    async with workbench(TOY, database_url) as bench, door(bench) as here, door(bench) as there:
        keys = [UniqueKey("name", bytes([number]) * 32) for number in range(8)]
        forwards = [opening(f"a{number}", key) for number, key in enumerate(keys)]
        backwards = [opening(f"b{number}", key) for number, key in reversed(list(enumerate(keys)))]
        ours, theirs = await asyncio.gather(here.submit_all(forwards), there.submit_all(backwards))
        opened = [outcome for outcome in (*ours, *theirs) if isinstance(outcome, Accepted)]
        refused = [outcome for outcome in (*ours, *theirs) if isinstance(outcome, Refused)]
        assert (len(opened), len(refused)) == (len(keys), len(keys))
        assert {outcome.refusal.slug for outcome in refused} == {"name-taken"}
        holding = await holders(bench)
        named = {outcome.events[0].subject for outcome in opened}
        assert named == {f"counter/{holder}" for holder in holding.values()} and len(holding) == len(keys)
