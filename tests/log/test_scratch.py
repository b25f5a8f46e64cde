"""State is built again from the log alone, as of any position, and compared with the live one row by row."""

from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.database import Database
from shared.kit.decisions.group import Decisions
from shared.kit.decisions.types import Accepted
from shared.kit.log.checkpoints import Checkpointer
from shared.kit.log.export import export_log
from shared.kit.log.guard import check_not_behind
from shared.kit.log.imports import FolderSource, import_leaves
from shared.kit.log.keys import LogFiles, create_log_key, load_verifiers
from shared.kit.log.rebuild import stale_parts
from shared.kit.log.rotation import KeyChangeUnfinished, begin_key_change, finish_key_change
from shared.kit.log.scratch import BeyondSource, ScratchNotEmpty, compare_with_live, replay_into
from shared.kit.log.sources import DatabaseSource
from shared.kit.log.tiles import open_head
from tanggap.verifier.notes import parse_key
from tanggap.verifier.verify import verify
from tests.kit.harness import Bench, item, workbench
from tests.kit.toy.domain import OpenCounter, RaiseCounter
from tests.kit.toy.service import TOY

COUNTERS, RAISES = 3, 5


async def keep_silent(note: str) -> None:
    """The stream plays no part here."""


@pytest.fixture
async def bench(database_url: str) -> AsyncIterator[Bench]:
    """A toy service with three counters, each raised five times."""
    async with workbench(TOY, database_url) as made:
        decisions = Decisions(made.database, made.rules, on_commit=lambda outcomes: None)
        decisions.start()
        for number in range(COUNTERS):
            assert isinstance(await decisions.submit(item(OpenCounter(f"c-{number}", 100))), Accepted)
        for _ in range(RAISES):
            for number in range(COUNTERS):
                assert isinstance(await decisions.submit(item(RaiseCounter(f"c-{number}", 2))), Accepted)
        await decisions.stop()
        yield made


@pytest.fixture
async def files(bench: Bench, tmp_path: Path) -> LogFiles:
    """The toy's keys; its log is signed."""
    found = LogFiles(tmp_path / "keys", "toy")
    async with bench.database.reading() as connection:
        origin = (await open_head(connection)).origin
    create_log_key(found, origin)
    await Checkpointer(bench.database.engine, found, keep_silent).sign_once()
    return found


@pytest.fixture
async def scratch(make_database: Callable[[], str]) -> AsyncIterator[Callable[[], Database]]:
    """Gives empty databases."""
    made: list[Database] = []

    def make() -> Database:
        made.append(Database(make_database(), pool_size=2))
        return made[-1]

    yield make
    for database in made:
        await database.close()


async def test_a_real_services_export_is_verified(bench: Bench, files: LogFiles, tmp_path: Path) -> None:
    """What the kit writes and signs is what the independent verifier accepts."""
    await export_log(DatabaseSource(bench.database.engine), tmp_path / "toy")
    verdict = verify(tmp_path / "toy", [parse_key(files.public.read_text())])
    assert (verdict.findings, verdict.trusted) == ((), True)
    assert verdict.size == 1 + COUNTERS + COUNTERS * RAISES


async def test_live_state_is_the_replayed_one(bench: Bench, scratch: Callable[[], Database]) -> None:
    """Replaying the log gives every live row, byte for byte."""
    compared = await compare_with_live(bench.database, scratch(), TOY)
    assert compared.differences == ()
    assert compared.live_digest == compared.replayed_digest


async def test_a_state_row_changed_past_the_log_is_named(bench: Bench, scratch: Callable[[], Database]) -> None:
    """Whoever edits a state table by hand is found: the log says otherwise."""
    async with bench.database.transaction() as connection:
        await connection.execute(sa.text("UPDATE counter SET value = value + 1 WHERE id = 'c-1'"))
    compared = await compare_with_live(bench.database, scratch(), TOY)
    assert [(each.table, each.key) for each in compared.differences] == [("counter", "c-1")]


@pytest.mark.usefixtures("files")
async def test_state_as_of_a_position_is_built_from_an_export(
    bench: Bench, scratch: Callable[[], Database], tmp_path: Path
) -> None:
    """As of the position after the openings every counter is at zero; at the end the state is the live one."""
    await export_log(DatabaseSource(bench.database.engine), tmp_path / "toy", segment_leaves=8)
    source, early = FolderSource(tmp_path / "toy"), scratch()
    replayed = await replay_into(early, TOY, source, to=1 + COUNTERS)
    assert (replayed.position, replayed.events) == (1 + COUNTERS, COUNTERS)
    async with early.reading() as connection:
        assert set(await connection.scalars(sa.text("SELECT value FROM counter"))) == {0}
    whole = await replay_into(scratch(), TOY, source)
    assert whole.digest == (await compare_with_live(bench.database, scratch(), TOY)).live_digest
    assert whole.digest == (await replay_into(scratch(), TOY, DatabaseSource(bench.database.engine))).digest


@pytest.mark.usefixtures("files")
async def test_a_database_in_use_is_no_scratch_database(bench: Bench, scratch: Callable[[], Database]) -> None:
    """Nothing is ever replayed into a database that holds something, least of all the live one."""
    with pytest.raises(ScratchNotEmpty):
        await compare_with_live(bench.database, bench.database, TOY)
    with pytest.raises(BeyondSource):
        await replay_into(scratch(), TOY, DatabaseSource(bench.database.engine), to=999)


async def test_an_import_marks_the_states_for_rebuilding(
    bench: Bench, files: LogFiles, scratch: Callable[[], Database], tmp_path: Path, make_database: Callable[[], str]
) -> None:
    """After the import the states are known to be older than the log, and migrating builds them anew."""
    await export_log(DatabaseSource(bench.database.engine), tmp_path / "toy", segment_leaves=8)
    async with bench.database.transaction() as connection:
        await _cut_back(connection, 1 + COUNTERS)
    imported = await import_leaves(bench.database.engine, FolderSource(tmp_path / "toy"), load_verifiers(files))
    assert (imported.before, imported.after) == (1 + COUNTERS, 1 + COUNTERS + COUNTERS * RAISES)
    await check_not_behind(bench.database.engine, files)
    async with bench.database.reading() as connection:
        assert await stale_parts(connection, bench.rules) != []
    async with workbench(TOY, bench.database.engine.url.render_as_string(hide_password=False)) as migrated:
        compared = await compare_with_live(migrated.database, scratch(), TOY)
    assert compared.differences == ()


async def test_a_key_is_changed_without_losing_who_trusts_the_old_one(
    bench: Bench, files: LogFiles, tmp_path: Path
) -> None:
    """Named in the log, signed by both, then alone: a verifier with the old key alone follows all the way."""
    old = files.public.read_text()
    today = date(2026, 11, 24)
    checkpointer = Checkpointer(bench.database.engine, files, keep_silent)
    with pytest.raises(KeyChangeUnfinished, match="begun"):
        await finish_key_change(bench.database, files)
    position = await begin_key_change(bench.database, files, actor="operator-1", today=today)
    assert await begin_key_change(bench.database, files, actor="operator-1", today=today) == position
    with pytest.raises(KeyChangeUnfinished, match="not signed yet"):
        await finish_key_change(bench.database, files)
    await checkpointer.sign_once()
    new = await finish_key_change(bench.database, files)
    decisions = Decisions(bench.database, bench.rules, on_commit=lambda outcomes: None)
    decisions.start()
    assert isinstance(await decisions.submit(item(RaiseCounter("c-1", 2))), Accepted)
    await decisions.stop()
    await checkpointer.sign_once()
    await export_log(DatabaseSource(bench.database.engine), tmp_path / "toy")
    verdict = verify(tmp_path / "toy", [parse_key(old)])
    assert (verdict.findings, verdict.trusted) == ((), True)
    assert [key.text for key in verdict.keys] == [old.strip(), new.text]
    assert files.public.read_text().strip() == new.text


async def _cut_back(connection: AsyncConnection, size: int) -> None:
    """Make log and states what an older backup held, as its owner could by restoring it."""
    for table in ("entry", "checkpoint"):
        await connection.execute(sa.text(f"ALTER TABLE log.{table} DISABLE TRIGGER {table}_insert_only"))
    await connection.execute(sa.text("DELETE FROM log.entry WHERE position > :size"), {"size": size})
    await connection.execute(sa.text("DELETE FROM log.checkpoint"))
    await connection.execute(sa.text("DELETE FROM log.tile"))
    await connection.execute(
        sa.text(
            "UPDATE log.head SET position = :size, numbers = ARRAY(SELECT count(e.position) FROM"
            " generate_series(0, partitions - 1) p LEFT JOIN log.entry e ON e.partition = p GROUP BY p ORDER BY p)"
        ),
        {"size": size},
    )
    await connection.execute(sa.text("UPDATE counter SET value = 0, version = 1"))
    await connection.execute(sa.text("DELETE FROM counter_part"))
    await connection.execute(sa.text("DELETE FROM counter_raise"))
