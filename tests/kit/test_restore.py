"""Databases that come back older than what was written, or not at all, and are mended from streams and exports.

Goal: after the import nothing is lost, doubled or parked, and repeated requests get their first answers. Method: real
processes, copies of their databases as backups, and the streams and exports they left behind.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis.asyncio
import sqlalchemy as sa

from shared.kit.database import Database
from shared.kit.decisions.group import Decisions
from shared.kit.decisions.types import (
    Accepted,
    IdempotencyKey,
    Item,
    KeyReused,
    Outcome,
    Refused,
    SealedDocument,
    UniqueKey,
)
from shared.kit.log.checkpoints import Checkpointer
from shared.kit.log.errors import LogBehind
from shared.kit.log.export import export_log
from shared.kit.log.imports import FolderSource, Imported
from shared.kit.log.keys import LogFiles, create_log_key, load_verifiers
from shared.kit.log.restoring import restore, restore_from_streams
from shared.kit.log.sources import DatabaseSource
from shared.kit.log.streamed import StreamSource
from shared.kit.log.tables import entry
from shared.kit.log.tiles import open_head
from shared.kit.preparing import release_of
from shared.kit.streams.names import partition_stream
from shared.kit.streams.tables import parked
from shared.kit.vault.tables import document, key_in_use, unique_key
from tests.kit.harness import Bench, attached, item, workbench
from tests.kit.pairs import (
    assert_sound,
    client_of,
    mirrored,
    open_counter,
    pair,
    raise_once,
    scalar,
    until_mirrored,
)
from tests.kit.processes import ServiceProcess
from tests.kit.test_faults import copy_database
from tests.kit.toy.domain import OpenCounter, RaiseCounter
from tests.kit.toy.service import TOY
from tests.running import PATIENCE_S
from tests.servers import PostgresServer

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

MakeDatabase = Callable[[], str]
TakeBackup = Callable[[str], Awaitable[str]]


@pytest.fixture
async def take_backup(postgres_server: PostgresServer) -> AsyncIterator[TakeBackup]:
    """Copies a database nobody is connected to; the copies are dropped afterwards."""
    copies: list[str] = []

    async def take(url: str) -> str:
        copies.append(await copy_database(url, f"backup_{uuid.uuid4().hex[:20]}"))
        return copies[-1]

    yield take
    for copy in copies:
        postgres_server.drop_database(copy)


def on(process: ServiceProcess, database_url: str) -> ServiceProcess:
    """The same service on another database."""
    return ServiceProcess(process.name, database_url, process.redis_url, process.keys_dir, peers=process.peers)


async def import_from_streams(process: ServiceProcess, *, unsigned: bool = False) -> Imported:
    """What `tanggap audit import --from-stream` does."""
    files = LogFiles(process.keys_dir, process.name)
    database = Database(process.database_url, pool_size=2)
    async with redis.asyncio.Redis.from_url(process.redis_url) as broker:
        source = StreamSource(broker, process.name, load_verifiers(files), kept=files.kept())
        try:
            return await restore_from_streams(
                database, source, source.verifiers, lambda _: release_of(process.definition), unsigned=unsigned
            )
        finally:
            await database.close()


async def published(process: ServiceProcess) -> int:
    """How many entries a service's streams hold."""
    async with redis.asyncio.Redis.from_url(process.redis_url) as broker:
        return sum([await broker.xlen(partition_stream(process.name, partition)) for partition in range(4)])


async def until_published(process: ServiceProcess, entries: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await published(process) < entries:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("ended", ["stopped", "killed"])
async def test_a_consumer_on_an_older_backup_is_mended_from_its_own_stream(
    ended: str, make_database: MakeDatabase, take_backup: TakeBackup, redis_url: str, tmp_path: Path
) -> None:
    """Its log is whole again while its cursor is old: what it decided before is not decided again, and it goes on."""
    async with pair(make_database, redis_url, tmp_path / "keys") as (toy, mirror), client_of(toy) as client:
        await open_counter(client)
        for number in range(3):
            await raise_once(client, f"early-{number:04}")
        await until_mirrored(mirror, 3)
        assert mirror.stop() == 0
        backup = await take_backup(mirror.database_url)
        mirror.start()
        await mirror.ready()
        for number in range(20):
            await raise_once(client, f"later-{number:04}")
        await until_mirrored(mirror, 23)
        await until_published(mirror, 24)
        if ended == "stopped":
            assert mirror.stop() == 0
        mirror.kill()
        for number in range(5):
            await raise_once(client, f"meanwhile-{number:04}")
        restored = on(mirror, backup)
        try:
            restored.start()
            assert await restored.ended() != 0
            imported = await import_from_streams(restored, unsigned=True)
            assert (imported.before, imported.after) == (4, 24)
            assert imported.unsigned == 0 or ended == "killed"
            await restored.prepare()
            assert await mirrored(restored) == 23
            restored.start()
            await restored.ready()
            await until_mirrored(restored, 28)
            await raise_once(client, "after-0001")
            await until_mirrored(restored, 29)
            await assert_sound(restored, make_database(), entries=1 + 29)
            assert await scalar(restored, sa.select(sa.func.count()).select_from(parked)) == 0
            await until_published(restored, 30)
            assert await published(restored) == 30
        finally:
            restored.kill()


async def test_a_database_lost_altogether_comes_back_from_the_streams(
    make_database: MakeDatabase, redis_url: str, tmp_path: Path
) -> None:
    """An empty database is never given a new log; it gets the old one back, and consumers notice nothing."""
    async with pair(make_database, redis_url, tmp_path / "keys") as (toy, mirror), client_of(toy) as client:
        await open_counter(client)
        for number in range(10):
            await raise_once(client, f"raise-{number:04}")
        await until_mirrored(mirror, 10)
        assert toy.stop() == 0
        anew = on(toy, make_database())
        anew.port = toy.port
        try:
            with pytest.raises(LogBehind, match="12 leaves is kept") as refused:
                await anew.prepare()
            assert "tanggap audit import" in refused.value.next_step
            assert await import_from_streams(anew) == Imported(0, 12)
            await anew.prepare()
            anew.start()
            await anew.ready()
            await raise_once(client, "raise-0010")
            await until_mirrored(mirror, 11)
            await assert_sound(anew, make_database(), entries=13)
            await assert_sound(mirror, make_database(), entries=12)
        finally:
            anew.kill()


async def test_a_new_log_is_refused_by_whatever_still_knows_the_old_one(
    make_database: MakeDatabase, redis_url: str, tmp_path: Path
) -> None:
    """The kept checkpoint alone refuses, and so do the streams alone; where neither is left, a log is opened."""
    toy = ServiceProcess("toy", make_database(), redis_url, tmp_path / "keys")
    try:
        await toy.prepare()
        toy.start()
        await toy.ready()
        assert toy.stop() == 0
    finally:
        toy.kill()
    anew = on(toy, make_database())
    kept = LogFiles(toy.keys_dir, "toy").kept_checkpoint
    note = kept.read_bytes()
    kept.unlink()
    with pytest.raises(LogBehind, match="was published up to number"):
        await anew.prepare()
    async with redis.asyncio.Redis.from_url(redis_url) as broker:
        await broker.flushall()
    kept.write_bytes(note)
    with pytest.raises(LogBehind, match="is kept"):
        await anew.prepare()
    assert await _tables(anew) == 0
    for file in toy.keys_dir.glob("toy.log.*"):
        file.unlink()
    await anew.prepare()
    assert await scalar(anew, sa.select(sa.func.count()).select_from(entry)) == 1


async def _tables(process: ServiceProcess) -> int:
    query = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    database = Database(process.database_url, pool_size=2)
    try:
        async with database.reading() as connection:
            return int(await connection.scalar(sa.text(query)) or 0)
    finally:
        await database.close()


# Reports from devices, whose ids the log keeps as causes: the toy takes commands, so they are made here.

OBSERVED = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def report(number: int, counter_id: str, amount: int, *, scope: str = "post-1", minutes: int = 0) -> Item:
    """A raise that a device reported under an id of its own."""
    sent = item(RaiseCounter(counter_id, amount))
    id_ = f"01936000-0000-7000-8000-{number:012x}"
    time = OBSERVED + timedelta(minutes=minutes)
    key = IdempotencyKey(scope, id_, repr((sent.command, minutes)).encode())
    return replace(sent, origin=replace(sent.origin, causation_id=id_, time=time), idempotency=key)


@asynccontextmanager
async def door(bench: Bench) -> AsyncIterator[Decisions]:
    decisions = Decisions(bench.database, bench.rules, on_commit=lambda outcomes: None)
    decisions.start()
    try:
        yield decisions
    finally:
        await decisions.stop()


async def submit(bench: Bench, *items: Item) -> list[Outcome]:
    async with door(bench) as decisions:
        return await decisions.submit_all(items)


async def count(bench: Bench, table: sa.Table) -> int:
    async with bench.database.reading() as connection:
        return int(await connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)


async def silent(note: str) -> None:
    """The stream plays no part here."""


@asynccontextmanager
async def mended(
    url: str, take_backup: TakeBackup, folder: Path, lost: list[Item]
) -> AsyncIterator[tuple[Bench, list[Outcome]]]:
    """A toy with a counter, set back to before `lost` was decided and mended from an export; and the lost answers."""
    async with workbench(TOY, url) as bench:
        await submit(bench, item(OpenCounter("a", 100), "opening"), report(1, "a", 1))
    backup = await take_backup(url)
    async with attached(TOY, url) as bench:
        answers = await submit(bench, *lost)
        files = LogFiles(folder / "keys", "toy")
        async with bench.database.reading() as connection:
            create_log_key(files, (await open_head(connection)).origin)
        await Checkpointer(bench.database.engine, files, silent).sign_once()
        await export_log(DatabaseSource(bench.database.engine), folder / "toy")
    older = Database(backup, pool_size=2)
    await restore(older, FolderSource(folder / "toy"), load_verifiers(files), lambda _: release_of(TOY))
    await older.close()
    async with workbench(TOY, backup) as bench:
        yield bench, answers


async def test_a_report_sent_again_after_a_restore_is_answered_as_before(
    database_url: str, take_backup: TakeBackup, tmp_path: Path
) -> None:
    """A device that never heard the answer sends again: no second effect, the same events, from any token's scope."""
    lost = [report(2, "a", 5), report(3, "a", 7)]
    async with mended(database_url, take_backup, tmp_path, lost) as (bench, answers):
        kept = await count(bench, entry)
        again = await submit(bench, report(1, "a", 1), *lost, report(2, "a", 5), report(3, "a", 7, scope="post-2"))
        assert all(isinstance(each, Accepted) and each.replayed for each in again)
        events = [each.events for each in again if isinstance(each, Accepted)]
        assert [*events[1:3], *events[3:]] == [each.events for each in answers if isinstance(each, Accepted)] * 2
        assert await count(bench, entry) == kept


async def test_other_content_under_a_recalled_id_is_not_taken_for_the_report(
    database_url: str, take_backup: TakeBackup, tmp_path: Path
) -> None:
    """What differs in time is another report: answered as accepted, its sender would throw its copy away."""
    async with mended(database_url, take_backup, tmp_path, [report(2, "a", 5)]) as (bench, _):
        (other,) = await submit(bench, report(2, "a", 5, minutes=1))
        assert isinstance(other, KeyReused)
        (first,) = await submit(bench, report(2, "a", 5))
        assert isinstance(first, Accepted)
        (changed,) = await submit(bench, report(2, "a", 6))
        assert isinstance(changed, KeyReused)


async def test_the_first_repetition_brings_back_what_only_the_sender_still_has(
    database_url: str, take_backup: TakeBackup, tmp_path: Path
) -> None:
    """Documents and unique keys are in no log: what the device sends again is kept once, with the old answer."""
    name = UniqueKey("name", b"digest")
    async with mended(database_url, take_backup, tmp_path, [report(2, "a", 5)]) as (bench, _):
        wrapped = b"firstkey" + bytes(40)
        async with bench.database.transaction() as connection:
            await connection.execute(sa.insert(key_in_use).values(id=b"firstkey", use="wrap", since=OBSERVED))
        sealed = SealedDocument(str(uuid.UUID(int=7)), "identity", wrapped, b"ciphertext")
        sent = replace(report(2, "a", 5), documents=(sealed,), claims={name: "a"})
        assert all(isinstance(each, Accepted) for each in await submit(bench, sent, sent))
        assert all(isinstance(each, Accepted) for each in await submit(bench, sent))
        assert (await count(bench, document), await count(bench, unique_key)) == (1, 1)
        (taken,) = await submit(bench, item(OpenCounter("b", 10, name), claims={name: "b"}))
        assert isinstance(taken, Refused) and taken.refusal.slug == "name-taken"


async def test_an_office_command_repeated_after_a_restore_is_decided_again(
    database_url: str, take_backup: TakeBackup, tmp_path: Path
) -> None:
    """Its key stands in no log; only the rules protect it, so the office looks first (docs/audit.md says so)."""
    async with mended(database_url, take_backup, tmp_path, [item(RaiseCounter("a", 5), "lost")]) as (bench, _):
        kept = await count(bench, entry)
        (again,) = await submit(bench, item(RaiseCounter("a", 5), "lost"))
        (opened,) = await submit(bench, item(OpenCounter("a", 100), "opening"))
        assert isinstance(again, Accepted) and not again.replayed
        assert isinstance(opened, Accepted) and opened.replayed
        assert await count(bench, entry) == kept + 1
