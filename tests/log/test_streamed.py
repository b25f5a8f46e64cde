"""A log read back from its streams: in its own order, believed only as far as its key signed, never with a hole.

Goal: what an import takes from the broker is what the log held. Method: a real log published to a real broker, which
is then trimmed, damaged, published anew or written to by strangers.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from redis.asyncio import Redis

from shared.kit.database import Database
from shared.kit.decisions.group import Decisions
from shared.kit.decisions.types import Accepted
from shared.kit.log.checkpoints import Checkpointer
from shared.kit.log.errors import LogEmpty, LogForked, StreamIncomplete
from shared.kit.log.imports import Imported
from shared.kit.log.keys import LogFiles, create_log_key, load_verifiers
from shared.kit.log.notes import Signer, sign
from shared.kit.log.restoring import restore_from_streams
from shared.kit.log.sources import DatabaseSource
from shared.kit.log.streamed import StreamSource
from shared.kit.log.tables import entry
from shared.kit.log.tiles import open_head
from shared.kit.preparing import release_of
from shared.kit.streams.entry import hash_leaf
from shared.kit.streams.names import FIELD, StreamId, checkpoint_stream, partition_stream
from shared.kit.streams.publisher import Publisher, raise_epoch
from shared.kit.streams.tables import publisher as publisher_table
from shared.kit.streams.wire import encode
from tests.kit.harness import Bench, item, workbench
from tests.kit.toy.domain import OpenCounter, RaiseCounter
from tests.kit.toy.service import TOY
from tests.log import journal
from tests.log.exports import Journal

SIGNED, PUBLISHED = 40, 50
COUNTERS = 9


@pytest.fixture
async def bench(database_url: str) -> AsyncIterator[Bench]:
    """A toy whose log has one leaf."""
    async with workbench(TOY, database_url) as made:
        yield made


@pytest.fixture
async def broker(redis_url: str) -> AsyncIterator[Redis]:
    """A client of the broker, which is empty."""
    client = Redis.from_url(redis_url, socket_timeout=5)
    yield client
    await client.aclose()


@pytest.fixture
async def files(bench: Bench, tmp_path: Path) -> LogFiles:
    """The keys of the toy's log."""
    found = LogFiles(tmp_path / "keys", "toy")
    async with bench.database.reading() as connection:
        create_log_key(found, (await open_head(connection)).origin)
    return found


@pytest.fixture
async def source(bench: Bench, broker: Redis, files: LogFiles) -> StreamSource:
    """The streams of a log of 50 leaves in four partitions, of which 40 are signed, all published."""
    decisions = Decisions(bench.database, bench.rules, on_commit=lambda outcomes: None)
    sender = Publisher(bench.database, broker, "toy")

    async def publish(note: str) -> None:
        sender.publish_checkpoint(note)

    decisions.start()
    for position in range(2, PUBLISHED + 1):
        counter = f"c-{position % COUNTERS}"
        command = OpenCounter(counter, 10_000) if position < COUNTERS + 2 else RaiseCounter(counter, 1)
        assert isinstance(await decisions.submit(item(command)), Accepted)
        if position == SIGNED:
            await Checkpointer(bench.database.engine, files, publish).sign_once()
    await decisions.stop()
    await sender.publish_pending()
    return StreamSource(broker, "toy", load_verifiers(files), kept=files.kept())


async def leaves_of(bench: Bench, after: int, to: int) -> list[bytes]:
    """The leaves the database holds."""
    return [leaf async for leaves in DatabaseSource(bench.database.engine).leaves(after, to) for leaf in leaves]


async def read(source: StreamSource, after: int, to: int) -> list[bytes]:
    return [leaf async for leaves in source.leaves(after, to) for leaf in leaves]


async def place_of(bench: Bench, position: int) -> tuple[str, int]:
    """The stream a position was published to, and its number there."""
    async with bench.database.reading() as connection:
        query = sa.select(entry.c.partition, entry.c.number).where(entry.c.position == position)
        partition, number = (await connection.execute(query)).one()
    return partition_stream("toy", partition), number


async def raw_entries(broker: Redis, stream: str, from_number: int) -> list[tuple[int, dict[Any, Any]]]:
    """What a stream holds from a number on."""
    rows: Any = await broker.xrange(stream, min=f"1-{from_number}")
    return [(StreamId.parse(id_).number, fields) for id_, fields in rows]


async def restored(url: str, source: StreamSource, *, unsigned: bool = False) -> Imported:
    """Import into a database that has nothing."""
    database = Database(url, pool_size=2)
    try:
        return await restore_from_streams(
            database, source, source.verifiers, lambda _: release_of(TOY), unsigned=unsigned
        )
    finally:
        await database.close()


async def test_partitions_give_the_log_in_its_own_order(bench: Bench, source: StreamSource) -> None:
    """From whatever position on: every leaf, byte for byte."""
    for after in (0, 1, 17, SIGNED - 1, PUBLISHED - 1):
        assert await read(source, after, PUBLISHED) == await leaves_of(bench, after, PUBLISHED)
    assert await read(source, 3, 9) == await leaves_of(bench, 3, 9)
    assert await read(source, PUBLISHED, PUBLISHED) == []


async def test_an_import_goes_as_far_as_the_key_signed(source: StreamSource, make_database: Callable[[], str]) -> None:
    """What was published after the last checkpoint is taken only if asked for, and counted."""
    assert await restored(make_database(), source) == Imported(0, SIGNED, 0)
    assert await restored(make_database(), source, unsigned=True) == Imported(0, PUBLISHED, PUBLISHED - SIGNED)


async def test_a_trimmed_stream_refuses_and_names_the_first_position_it_lacks(
    bench: Bench, broker: Redis, source: StreamSource, make_database: Callable[[], str]
) -> None:
    """A hole is never filled by the next leaf; what stands behind the trimmed part can still be read."""
    stream, number = await place_of(bench, 20)
    await broker.xtrim(stream, minid=f"1-{number + 1}", approximate=False)
    with pytest.raises(StreamIncomplete, match=r"position \d+ of \d+ is not on the streams"):
        await restored(make_database(), source)
    assert await read(source, 20, PUBLISHED) == await leaves_of(bench, 20, PUBLISHED)


async def test_what_is_signed_and_not_on_the_streams_is_asked_of_an_export(
    bench: Bench, broker: Redis, source: StreamSource, make_database: Callable[[], str]
) -> None:
    """A broker that lost its tail cannot give what the kept checkpoint covers."""
    stream, number = await place_of(bench, SIGNED)
    await broker.xdel(stream, f"1-{number}")
    with pytest.raises(StreamIncomplete, match=f"position {SIGNED} of {SIGNED}") as refused:
        await restored(make_database(), source)
    assert "export" in refused.value.next_step


async def test_the_unsigned_end_stops_at_its_first_hole(
    bench: Bench, broker: Redis, source: StreamSource, make_database: Callable[[], str]
) -> None:
    """A process that died while publishing may leave later positions without earlier ones: those are not taken."""
    stream, number = await place_of(bench, SIGNED + 4)
    await broker.xdel(stream, f"1-{number}")
    assert await restored(make_database(), source, unsigned=True) == Imported(0, SIGNED + 3, 3)


async def test_streams_published_anew_are_read_under_their_newest_epoch(
    bench: Bench, broker: Redis, source: StreamSource, make_database: Callable[[], str]
) -> None:
    """A number published twice counts as last published, one not published anew as before; publishing goes on so."""
    async with bench.database.transaction() as connection:
        epoch = await raise_epoch(connection)
    await Publisher(bench.database, broker, "toy").publish_pending()
    stream, number = await place_of(bench, 20)
    await broker.xdel(stream, *(f"{epoch}-{each}" for each in range(1, number + 1)))
    assert await read(source, 0, PUBLISHED) == await leaves_of(bench, 0, PUBLISHED)
    url = make_database()
    await restored(url, source)
    database = Database(url, pool_size=2)
    async with database.reading() as connection:
        assert await connection.scalar(sa.select(publisher_table.c.stream_epoch)) == epoch
    await database.close()


async def test_a_damaged_entry_is_named_and_not_taken(bench: Bench, broker: Redis, source: StreamSource) -> None:
    """Bytes that are no entry end the import with their place."""
    stream, number = await place_of(bench, PUBLISHED)
    await broker.xdel(stream, f"1-{number}")
    await broker.xadd(stream, {FIELD: b"rubbish"}, id=f"2-{number}")
    with pytest.raises(StreamIncomplete, match=rf"entry {number} of partition \d on the stream: undecodable-entry"):
        await read(source, 0, PUBLISHED)


async def test_leaves_nobody_signed_do_not_lead_to_the_signed_root(
    bench: Bench, broker: Redis, source: StreamSource, make_database: Callable[[], str]
) -> None:
    """A forged entry with right hashes and position is found by the root; no leaf is kept."""
    stream, number = await place_of(bench, 30)
    later = await raw_entries(broker, stream, number)
    (honest,) = await leaves_of(bench, 29, 30)
    forged = honest.replace(b'"amount":1', b'"amount":9')
    assert forged != honest
    envelope = encode(forged, position=30, leaf_hash=hash_leaf(forged), previous_hash=None)
    for at, fields in later:
        await broker.xadd(stream, {FIELD: envelope} if at == number else fields, id=f"2-{at}")
    url = make_database()
    with pytest.raises(LogForked):
        await restored(url, source)
    database = Database(url, pool_size=2)
    async with database.reading() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(entry)) == 0
    await database.close()


async def test_another_logs_leaves_are_not_taken_unsigned(
    bench: Bench, broker: Redis, source: StreamSource, make_database: Callable[[], str]
) -> None:
    """Whoever writes to the broker cannot pass another log's events off as this one's."""
    stream, number = await place_of(bench, SIGNED + 1)
    foreign = journal.leaves(1)[0]
    envelope = encode(foreign, position=SIGNED + 1, leaf_hash=hash_leaf(foreign), previous_hash=None)
    await broker.xdel(stream, *(f"1-{at}" for at, _ in await raw_entries(broker, stream, number)))
    await broker.xadd(stream, {FIELD: envelope}, id=f"2-{number}")
    with pytest.raises(LogForked, match="another log's"):
        await restored(make_database(), source, unsigned=True)


async def test_only_what_the_key_signed_counts_as_a_checkpoint(
    broker: Redis, source: StreamSource, files: LogFiles
) -> None:
    """Rubbish and strangers' notes on the stream are passed over; without any signed one nothing is imported."""
    honest = await source.latest_note()
    stranger = sign(Journal(journal.leaves(60), (), []).checkpoint(60), [Signer.generate(journal.ORIGIN)])
    for note in (stranger, "rubbish", honest.replace("\n40\n", "\n41\n")):
        await broker.xadd(checkpoint_stream("toy"), {"note": note})
    assert await source.latest_note() == honest
    assert await source.notes(SIGNED) == []
    await broker.delete(checkpoint_stream("toy"))
    assert await source.latest_note() == honest
    with pytest.raises(LogEmpty):
        await StreamSource(broker, "toy", load_verifiers(files)).latest_note()
