"""A batch of commands in one transaction, on a real PostgreSQL.

Goal: each item gets its own answer and nothing is half done. Method: the toy's commands through the batch
decider, then the tables and a rebuild from the log.
"""

import asyncio
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from shared.kit import clock
from shared.kit.database import wants_rerun
from shared.kit.decisions.batch import decide_batch
from shared.kit.decisions.tables import idempotency
from shared.kit.decisions.types import Accepted, Failed, Item, KeyReused, Outcome, Refused, UniqueKey
from shared.kit.log.tables import entry
from tests.kit.harness import Bench, item, rebuilt_differs, workbench
from tests.kit.toy.domain import OpenCounter, RaiseCounter
from tests.kit.toy.service import TOY

pytestmark = pytest.mark.anyio


async def decide(bench: Bench, *items: Item) -> list[Outcome]:
    async with bench.database.transaction() as connection:
        return await decide_batch(connection, bench.rules, items, now=clock.now())


async def count(bench: Bench, table: sa.Table) -> int:
    async with bench.database.reading() as connection:
        return int((await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())


async def test_a_batch_whose_third_item_is_refused_keeps_the_others(database_url: str) -> None:
    """A refused item leaves the state as the item before it did."""
    async with workbench(TOY, database_url) as bench:
        outcomes = await decide(
            bench,
            item(OpenCounter("a", 10), "k1"),
            item(RaiseCounter("a", 6), "k2"),
            item(RaiseCounter("a", 6), "k3"),
            item(RaiseCounter("a", 4), "k4"),
        )
        first, second, third, fourth = outcomes
        assert isinstance(first, Accepted) and isinstance(second, Accepted) and isinstance(fourth, Accepted)
        assert isinstance(third, Refused) and third.refusal.params == {"left": 4}
        assert [logged.position for o in (first, second, fourth) for logged in o.events] == [2, 3, 4]
        assert [logged.sequence for o in (first, second, fourth) for logged in o.events] == [1, 2, 3]


async def test_a_resent_key_gets_its_first_answer_in_the_same_batch_and_later(database_url: str) -> None:
    """A client's own id never has two effects, and other content under it is refused."""
    async with workbench(TOY, database_url) as bench:
        opened = item(OpenCounter("a", 10), "k1")
        first, again, other = await decide(bench, opened, opened, item(OpenCounter("b", 10), "k1"))
        later, refused_first = await decide(bench, opened, item(RaiseCounter("none", 1), "k2"))
        refused_later = (await decide(bench, item(RaiseCounter("none", 1), "k2")))[0]
        assert isinstance(first, Accepted) and not first.replayed
        assert again == Accepted(first.events, replayed=True) == later
        assert isinstance(other, KeyReused)
        assert isinstance(refused_first, Refused) and isinstance(refused_later, Refused)
        assert refused_later.replayed and refused_later.refusal == refused_first.refusal
        assert await count(bench, entry) == 2
        assert await count(bench, idempotency) == 2


async def test_a_fault_of_ours_in_one_item_costs_the_others_nothing(database_url: str) -> None:
    """A decision that raises fails alone, and its key stays free."""
    async with workbench(TOY, database_url) as bench:
        outcomes = await decide(
            bench,
            item(OpenCounter("a", 1000), "k1"),
            item(RaiseCounter("a", 666), "k2"),
            item(RaiseCounter("a", 1), "k3"),
        )
        assert isinstance(outcomes[1], Failed) and isinstance(outcomes[1].error, ZeroDivisionError)
        assert isinstance(outcomes[2], Accepted)
        assert await count(bench, idempotency) == 2


async def test_a_unique_key_has_one_holder_and_a_refused_claim_takes_none(database_url: str) -> None:
    """The first accepted claim holds a key; a refused item gives its claim up."""
    async with workbench(TOY, database_url) as bench:
        name = UniqueKey("name", b"digest")
        outcomes = await decide(
            bench,
            item(RaiseCounter("none", 1), claims={name: "none"}),
            item(OpenCounter("a", 10, name), claims={name: "a"}),
            item(OpenCounter("b", 10, name), claims={name: "b"}),
        )
        assert isinstance(outcomes[1], Accepted)
        assert isinstance(outcomes[2], Refused) and outcomes[2].refusal.slug == "name-taken"
        later = (await decide(bench, item(OpenCounter("c", 10, name), claims={name: "c"})))[0]
        assert isinstance(later, Refused) and later.refusal.slug == "name-taken"


async def test_two_transactions_racing_for_a_new_aggregate_meet_at_the_log_head(database_url: str) -> None:
    """The later of two writers of a new key fails whole, with an error that says: run me again."""
    async with workbench(TOY, database_url) as bench:
        opened = item(OpenCounter("a", 10), "k1")
        async with bench.database.transaction() as early:
            await decide_batch(early, bench.rules, [opened], now=clock.now())
            late = asyncio.create_task(decide(bench, opened))
            while not await _somebody_waits(bench):
                await asyncio.sleep(0.01)
        with pytest.raises(DBAPIError) as failure:
            await late
        assert wants_rerun(failure.value)
        again = (await decide(bench, opened))[0]
        assert isinstance(again, Accepted) and again.replayed


async def _somebody_waits(bench: Bench) -> bool:
    async with bench.database.reading() as connection:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return int((await connection.execute(sa.text(waiting))).scalar_one()) > 0


async def test_the_log_refuses_to_change_a_written_entry(database_url: str) -> None:
    """Log rows are insert-only, whoever asks."""
    async with workbench(TOY, database_url) as bench:
        for statement in ("UPDATE log.entry SET type = 'x'", "DELETE FROM log.entry", "TRUNCATE log.entry"):
            with pytest.raises(DBAPIError, match="insert-only"):
                async with bench.database.transaction() as connection:
                    await connection.execute(sa.text(statement))


async def test_state_rebuilt_from_the_log_equals_live_byte_for_byte(
    database_url: str, make_database: Callable[[], str]
) -> None:
    """Live work and replay run the same evolve: states, children and read models alike."""
    async with workbench(TOY, database_url) as bench:
        await decide(bench, *(item(OpenCounter(f"c{n}", 1_000)) for n in range(20)))
        for amount in range(1, 30):
            await decide(bench, *(item(RaiseCounter(f"c{n}", amount)) for n in range(0, 20, amount % 3 + 1)))
        assert await rebuilt_differs(bench, make_database()) == []
