"""Parked entries wait for an operator, and are applied in order when they can be."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.streams.entry import Entry, EntryResult
from shared.kit.streams.parked import NotParked, count_parked, list_parked, show_parked
from shared.kit.streams.publisher import Publisher
from shared.kit.streams.redrive import Redrive
from shared.kit.streams.wire import read_entry
from tests.streams.peer import serving
from tests.streams.source import SourceLog
from tests.streams.target import Target, until

SUBJECT, FINE = "household/1", "household/5"


@pytest.fixture
async def parked(source: SourceLog, publisher: Publisher, target: Target, redis_url: str) -> int:
    """Numbers 2, 4 and 6 of one partition are parked: 2 is bad, the others are of its subject. Its partition."""
    partition = source.partition_of(SUBJECT)
    fine = next(f"person/{n}" for n in range(100) if source.partition_of(f"person/{n}") == partition)
    await source.write([fine, SUBJECT, fine, SUBJECT, fine, SUBJECT])
    await publisher.publish_pending()
    target.misbehave = lambda entry: "unknown-version" if entry.number == 2 else None
    async with target.consuming(redis_url):
        await until(lambda: target.has_handled(6))
    assert await target.parked_numbers(partition) == [2, 4, 6]
    return partition


async def test_redriven_subject_is_applied_in_order_and_forgotten(parked: int, target: Target) -> None:
    """Once the release can read them, all of a subject's entries are applied from the first on."""
    target.misbehave = lambda _: None
    result = await Redrive(target.database, target.apply_as("operator")).redrive_subject("victims", SUBJECT)
    assert result.applied == ((parked, 2), (parked, 4), (parked, 6))
    assert result.stopped_at is None
    assert await target.numbers(parked) == [1, 3, 5, 2, 4, 6]
    assert await target.parked_numbers(parked) == []


async def test_redrive_of_a_later_entry_begins_with_the_first(parked: int, target: Target) -> None:
    """No entry overtakes an earlier one of its subject, whichever the operator names."""
    target.misbehave = lambda _: None
    result = await Redrive(target.database, target.apply_as("operator")).redrive_entry("victims", parked, 6)
    assert [number for _, number in result.applied] == [2, 4, 6]


async def test_redrive_stops_at_the_entry_that_is_still_bad(parked: int, target: Target) -> None:
    """What failed again stays parked with the new reason; what comes after it was not tried."""
    target.misbehave = lambda entry: "still-bad" if entry.number == 4 else None
    result = await Redrive(target.database, target.apply_as("operator")).redrive_subject("victims", SUBJECT)
    assert result.applied == ((parked, 2),)
    assert result.stopped_at is not None
    assert (result.stopped_at.number, result.stopped_at.reason, result.stopped_at.attempts) == (4, "still-bad", 1)
    assert await target.parked_numbers(parked) == [4, 6]


async def test_redrive_that_raises_keeps_the_entry_without_quoting_it(parked: int, target: Target) -> None:
    """An error's text may hold personal data, so only its kind becomes the reason."""

    def misbehave(_: Entry) -> None:
        raise ValueError("Siti binti Ahmad")

    target.misbehave = misbehave
    result = await Redrive(target.database, target.apply_as("operator")).redrive_subject("victims", SUBJECT)
    assert result.stopped_at is not None
    assert (result.stopped_at.number, result.stopped_at.reason) == (2, "failed: ValueError")
    assert result.stopped_at.attempts == 2


async def test_redrive_while_the_subject_goes_on_keeps_the_order(
    parked: int, source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """Entries that arrive during a re-drive wait behind it or come after it, never in between."""
    target.misbehave = lambda _: None
    publishing = asyncio.create_task(publisher.run())
    redrive = Redrive(target.database, target.apply_as("operator"))
    async with target.consuming(redis_url):
        for _ in range(30):
            await source.write([SUBJECT])
            publisher.wake()
        await asyncio.gather(*(redrive.redrive_subject("victims", SUBJECT) for _ in range(2)))
        await until(lambda: target.has_handled(36))
    publisher.stop()
    await publishing
    found = [number for number in await target.numbers(parked) if number not in (1, 3, 5)]
    assert found == sorted(found)
    assert len(found) + len(await target.parked_numbers(parked)) == 33
    assert await target.parked_numbers(parked) == []


async def test_parked_entries_are_listed_by_page_and_shown_with_their_bytes(
    parked: int, source: SourceLog, target: Target
) -> None:
    """An operator sees what waits, why, and the very bytes that came."""
    async with target.database.transaction() as connection:
        first = await list_parked(connection, limit=2)
        rest = await list_parked(connection, source="victims", after=("victims", parked, first[-1].number))
        shown = await show_parked(connection, "victims", parked, 2)
        counts = await count_parked(connection)
    assert [each.number for each in (*first, *rest)] == [2, 4, 6]
    assert {each.subject for each in first} == {SUBJECT}
    assert first[0].raw is None
    assert counts == {"victims": 3}
    assert shown.raw is not None
    entry = read_entry("victims", parked, 2, epoch=None, raw=shown.raw)
    assert isinstance(entry, Entry)
    assert entry.leaf == (await source.leaves(parked))[1]


async def test_redrive_of_nothing_says_so(target: Target) -> None:
    """A subject or number that is not parked is an error, not a success."""
    redrive = Redrive(target.database, target.apply_as("operator"))
    with pytest.raises(NotParked):
        await redrive.redrive_subject("victims", "household/999")
    with pytest.raises(NotParked):
        await redrive.redrive_entry("victims", 0, 1)


async def test_entry_parked_with_damaged_bytes_is_redriven_from_the_log(
    parked: int, source: SourceLog, target: Target
) -> None:
    """Bytes that were damaged on the broker are read from the source's log when it answers."""
    import sqlalchemy as sa

    from shared.kit.streams.tables import parked as table

    target.misbehave = lambda _: None
    async with target.database.transaction() as connection:
        await connection.execute(sa.update(table).where(table.c.number == 2).values(raw=b"rubbish"))
    without = Redrive(target.database, target.apply_as("operator"))
    stopped = (await without.redrive_subject("victims", SUBJECT)).stopped_at
    assert stopped is not None
    assert stopped.reason == "undecodable-entry"
    async with serving(source) as log:
        redrive = Redrive(target.database, target.apply_as("operator"), {"victims": log})
        assert len((await redrive.redrive_subject("victims", SUBJECT)).applied) == 3


async def test_failed_commit_of_a_redrive_keeps_the_entry(parked: int, target: Target) -> None:
    """Effects and forgetting are one transaction: when it does not commit, the entry is still parked."""

    async def apply(connection: AsyncConnection, entries: Sequence[Entry]) -> list[EntryResult]:
        await target.apply_as("operator")(connection, entries)
        raise ConnectionResetError("the database went away")

    target.misbehave = lambda _: None
    with pytest.raises(ConnectionResetError):
        await Redrive(target.database, apply).redrive_subject("victims", SUBJECT)
    assert await target.parked_numbers(parked) == [2, 4, 6]
    assert await target.numbers(parked) == [1, 3, 5]
