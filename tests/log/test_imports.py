"""A database restored from an older backup gets its missing leaves back, byte for byte, or stays as it is."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.kit.log import tables
from shared.kit.log.checkpoints import Checkpointer
from shared.kit.log.errors import LogDamaged, LogForked
from shared.kit.log.export import export_log
from shared.kit.log.guard import check_not_behind
from shared.kit.log.imports import FolderSource, Imported, import_leaves
from shared.kit.log.keys import LogFiles, load_signers, load_verifiers
from shared.kit.log.notes import Signer
from shared.kit.log.sources import DatabaseSource
from tests.log import journal
from tests.log.exports import Journal
from tests.log.test_checkpoints import cut_back

LEAVES = journal.leaves(700)
Rows = list[tuple[object, ...]]


async def keep_silent(note: str) -> None:
    """The stream plays no part here."""


@pytest.fixture
async def empty(make_database: Callable[[], str]) -> AsyncIterator[AsyncEngine]:
    """A database with the log's tables and no log."""
    made = create_async_engine(make_database())
    async with made.begin() as connection:
        await journal.create_tables(connection)
    yield made
    await made.dispose()


async def rows(engine: AsyncEngine, table: sa.Table, *columns: str) -> Rows:
    async with engine.connect() as connection:
        query = sa.select(*(table.c[name] for name in columns)) if columns else sa.select(table)
        return [tuple(row) for row in await connection.execute(query.order_by(*table.primary_key.columns))]


@pytest.fixture
async def exported(engine: AsyncEngine, files: LogFiles, tmp_path: Path) -> Path:
    """The export of a log of 700 leaves, signed at 300 and 700, whose database is then set back to 450."""
    checkpointer = Checkpointer(engine, files, keep_silent)
    for leaves in (LEAVES[:300], LEAVES[300:]):
        async with engine.begin() as connection:
            await journal.write(connection, leaves)
        await checkpointer.sign_once()
    await export_log(DatabaseSource(engine), tmp_path / "toy", segment_leaves=256)
    return tmp_path / "toy"


async def test_missing_leaves_come_back_byte_for_byte(engine: AsyncEngine, files: LogFiles, exported: Path) -> None:
    """After the import every row is what it was before the restore, and the service may start and sign again."""
    entries, head = await rows(engine, tables.entry), await rows(engine, tables.head)
    tiles = await rows(engine, tables.tile)
    async with engine.begin() as connection:
        await cut_back(connection, 450)
        await connection.execute(sa.text("DELETE FROM log.tile WHERE level = 0 AND index > 0 OR level > 0"))
        await connection.execute(
            sa.insert(tables.tile).values(level=0, index=1, hashes=tiles[1][2][: 44 * 32])  # type: ignore[index]
        )
        await connection.execute(
            sa.insert(tables.tile).values(level=1, index=0, hashes=tiles[3][2][:32])  # type: ignore[index]
        )
    assert await import_leaves(engine, FolderSource(exported), load_verifiers(files)) == Imported(450, 700)
    assert await rows(engine, tables.entry) == entries
    assert await rows(engine, tables.tile) == tiles
    assert await rows(engine, tables.head) == head
    await check_not_behind(engine, files)
    async with engine.begin() as connection:
        await journal.write(connection, [journal.leaves(701)[700]])
    checkpoint = await Checkpointer(engine, files, keep_silent).sign_once()
    assert checkpoint == Journal(journal.leaves(701), (), []).checkpoint(701)


async def test_a_database_without_a_log_is_given_the_whole_log(
    engine: AsyncEngine, empty: AsyncEngine, files: LogFiles, exported: Path
) -> None:
    """A database that was lost altogether is brought back from an export alone."""
    assert await import_leaves(empty, FolderSource(exported), load_verifiers(files)) == Imported(0, 700)
    assert await rows(empty, tables.entry) == await rows(engine, tables.entry)
    assert await rows(empty, tables.tile) == await rows(engine, tables.tile)
    assert await rows(empty, tables.head) == await rows(engine, tables.head)
    assert await import_leaves(empty, FolderSource(exported), load_verifiers(files)) == Imported(700, 700)


@pytest.mark.usefixtures("exported")
async def test_leaves_are_brought_back_from_another_database(
    engine: AsyncEngine, empty: AsyncEngine, files: LogFiles
) -> None:
    """Any source serves: here a replica's database."""
    assert await import_leaves(empty, DatabaseSource(engine), load_verifiers(files)) == Imported(0, 700)


async def test_a_database_that_wrote_on_after_the_restore_is_not_mended(
    engine: AsyncEngine, files: LogFiles, exported: Path
) -> None:
    """Leaves written on top of an older backup contradict the signed log: nothing is imported over them."""
    async with engine.begin() as connection:
        await cut_back(connection, 300)
        await journal.write(connection, journal.leaves(310, branch_after=300)[300:])
    before = await rows(engine, tables.entry)
    with pytest.raises(LogForked):
        await import_leaves(engine, FolderSource(exported), load_verifiers(files))
    assert await rows(engine, tables.entry) == before


@pytest.mark.parametrize(
    "forge",
    [
        lambda leaves: [*leaves[:499], leaves[499].replace(b'"count":500', b'"count":501'), *leaves[500:]],
        lambda leaves: [*leaves[:499], leaves[500], leaves[499], *leaves[501:]],
        lambda leaves: [*leaves[:499], *leaves[500:], leaves[499]],
    ],
)
async def test_leaves_that_are_not_the_signed_ones_are_not_imported(
    empty: AsyncEngine, files: LogFiles, forge: Callable[[list[bytes]], list[bytes]]
) -> None:
    """What does not lead to the signed root leaves no trace in the database."""
    source = Journal(LEAVES, (700,), load_signers(files, journal.ORIGIN))
    source.all = forge(LEAVES)
    with pytest.raises(LogForked):
        await import_leaves(empty, source, load_verifiers(files))
    assert await rows(empty, tables.entry) == await rows(empty, tables.head) == []


async def test_leaves_that_are_no_events_are_not_imported(empty: AsyncEngine, files: LogFiles) -> None:
    """A leaf that cannot be placed is named by its position."""
    leaves = [*LEAVES[:9], b"{}", *LEAVES[10:]]
    source = Journal(leaves, (700,), load_signers(files, journal.ORIGIN))
    with pytest.raises(LogDamaged, match="position 9"):
        await import_leaves(empty, source, load_verifiers(files))
    assert await rows(empty, tables.entry) == []


async def test_a_checkpoint_by_another_key_imports_nothing(empty: AsyncEngine, files: LogFiles) -> None:
    """Only the log's own key vouches for what may be brought back."""
    source = Journal(LEAVES, (700,), [Signer.generate(journal.ORIGIN)])
    with pytest.raises(LogForked, match="none of the given keys"):
        await import_leaves(empty, source, load_verifiers(files))
