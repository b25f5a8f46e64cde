"""Group commit: commands that arrive together share a transaction, and each gets its own answer.

Goal: no caller hears of another's fault, and lost races are run again unseen. Method: many concurrent callers on
a real PostgreSQL, two replicas on one database, and a database that goes away.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa

from shared.kit.decisions.group import Decisions, OutcomeUnknown
from shared.kit.decisions.types import Accepted, Failed, Item, KeyReused, Outcome, Refused
from shared.kit.log.tables import entry
from tests.kit.harness import Bench, item, rebuilt_differs, workbench
from tests.kit.toy.domain import OpenCounter, RaiseCounter
from tests.kit.toy.service import TOY
from tests.servers import PrivatePostgres

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def door(bench: Bench, commits: list[int] | None = None) -> AsyncIterator[Decisions]:
    decisions = Decisions(
        bench.database,
        bench.rules,
        on_commit=lambda outcomes: (commits if commits is not None else []).append(len(outcomes)),
    )
    decisions.start()
    try:
        yield decisions
    finally:
        await decisions.stop()


async def entries(bench: Bench) -> int:
    async with bench.database.reading() as connection:
        return int((await connection.execute(sa.select(sa.func.count()).select_from(entry))).scalar_one())


async def test_concurrent_callers_share_transactions(database_url: str) -> None:
    """A hundred callers at once need far fewer than a hundred commits."""
    commits: list[int] = []
    async with workbench(TOY, database_url) as bench, door(bench, commits) as decisions:
        outcomes = await asyncio.gather(*(decisions.submit(item(OpenCounter(f"c{n}", 5))) for n in range(100)))
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert len(commits) <= 20
        assert await entries(bench) == 101


async def test_fifty_identical_requests_at_once_to_two_replicas_have_one_effect(database_url: str) -> None:
    """A client that repeats itself at two replicas at once gets one event and the same answer everywhere."""
    async with workbench(TOY, database_url) as bench, door(bench) as here, door(bench) as there:
        await here.submit(item(OpenCounter("a", 1_000)))
        raised = item(RaiseCounter("a", 1), "once")
        outcomes = await asyncio.gather(*(door_.submit(raised) for _ in range(25) for door_ in (here, there)))
        answers = {outcome.events for outcome in outcomes if isinstance(outcome, Accepted)}
        assert len(answers) == 1 and len(outcomes) == 50
        assert sum(not outcome.replayed for outcome in outcomes if isinstance(outcome, Accepted)) == 1
        assert await entries(bench) == 3


async def test_two_replicas_raising_the_same_counters_lose_and_double_nothing(
    database_url: str, make_database: Callable[[], str]
) -> None:
    """Locks in one order and the log head's lock keep replicas from deadlocking or overtaking each other."""
    async with workbench(TOY, database_url) as bench, door(bench) as here, door(bench) as there:
        await here.submit_all([item(OpenCounter(f"c{n}", 10_000)) for n in range(10)])
        batches = [
            (door_, [item(RaiseCounter(f"c{(n * step) % 10}", 1)) for n in range(20)])
            for step in (1, 3, 7, 9)
            for door_ in (here, there)
            for _ in range(5)
        ]
        answers = await asyncio.gather(*(door_.submit_all(items) for door_, items in batches))
        assert all(isinstance(outcome, Accepted) for outcomes in answers for outcome in outcomes)
        assert await entries(bench) == 1 + 10 + len(batches) * 20
        assert await rebuilt_differs(bench, make_database()) == []


async def test_a_row_the_database_refuses_fails_alone(database_url: str) -> None:
    """A check of the database's own that a decision missed costs the neighbours in the batch nothing."""
    async with workbench(TOY, database_url) as bench, door(bench) as decisions:
        await decisions.submit(item(OpenCounter("a", 10_000)))
        await decisions.submit(item(OpenCounter("b", 10_000)))
        good, bad, after, reused = await decisions.submit_all(
            [
                item(RaiseCounter("b", 1), "k1"),
                item(RaiseCounter("a", 4242), "k2"),
                item(RaiseCounter("b", 1), "k3"),
                item(RaiseCounter("b", 2), "k1"),
            ]
        )
        assert isinstance(good, Accepted) and isinstance(after, Accepted)
        assert isinstance(bad, Failed) and isinstance(reused, KeyReused)


async def test_a_clean_stop_answers_everything_that_waits(database_url: str) -> None:
    """Stopping loses no command: all waiting ones are answered, later ones are told to come back."""
    async with workbench(TOY, database_url) as bench:
        async with door(bench) as decisions:
            waiting = [asyncio.create_task(decisions.submit(item(OpenCounter(f"c{n}", 5)))) for n in range(50)]
            await asyncio.sleep(0)
        assert all(isinstance(outcome, Accepted) for outcome in await asyncio.gather(*waiting))
        with pytest.raises(OutcomeUnknown):
            await decisions.submit(item(OpenCounter("late", 5)))


@pytest.mark.timeout(60)
async def test_a_database_that_restarts_under_load_loses_no_answered_command(
    private_postgres: Callable[..., PrivatePostgres],
) -> None:
    """Callers hear that the outcome is unknown, send again with the same key, and nothing is done twice."""
    server = private_postgres(durable=True)
    async with workbench(TOY, server.create_database()) as bench, door(bench) as decisions:
        await decisions.submit(item(OpenCounter("a", 10_000)))
        sent = [item(RaiseCounter("a", 1), f"k{n}") for n in range(60)]
        tasks = [asyncio.create_task(_until_answered(decisions, one)) for one in sent]
        await asyncio.sleep(0)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.restart)
        outcomes = await asyncio.gather(*tasks)
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert await entries(bench) == 2 + 60


async def _until_answered(decisions: Decisions, one: Item) -> Outcome:
    while True:
        try:
            return await decisions.submit(one)
        except OutcomeUnknown:
            await asyncio.sleep(0.05)


async def test_refusals_are_answers_too(database_url: str) -> None:
    """A refused command is stored and replayed; an office client retries it under a new key."""
    async with workbench(TOY, database_url) as bench, door(bench) as decisions:
        first = await decisions.submit(item(RaiseCounter("none", 1), "k1"))
        await decisions.submit(item(OpenCounter("none", 5), "k2"))
        again = await decisions.submit(item(RaiseCounter("none", 1), "k1"))
        anew = await decisions.submit(item(RaiseCounter("none", 1), "k3"))
        assert isinstance(first, Refused) and isinstance(again, Refused) and again.replayed
        assert isinstance(anew, Accepted)
