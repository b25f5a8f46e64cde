"""The log signs only what it reads back, only what extends the last signature, and never an older backup."""

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.kit.log import merkle, tables
from shared.kit.log.checkpoints import Checkpointer
from shared.kit.log.errors import KeyProblem, LogBehind, LogDamaged, LogForked
from shared.kit.log.guard import check_not_behind
from shared.kit.log.keys import (
    LogFiles,
    create_log_key,
    create_next_key,
    load_signers,
    load_verifiers,
    retire_present_key,
)
from shared.kit.log.notes import Checkpoint, Signer, Verifier, parse, sign, verified
from tests.log import journal, signing
from tests.log.test_merkle import naive_root
from tests.running import PATIENCE_S


class Stream:
    """Where checkpoints are published to; it can be down."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.down = False

    async def publish(self, note: str) -> None:
        if self.down:
            raise ConnectionError
        self.notes.append(note)


@contextlib.asynccontextmanager
async def running(checkpointer: Checkpointer) -> AsyncIterator[None]:
    task = asyncio.create_task(checkpointer.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def write(engine: AsyncEngine, leaves: list[bytes]) -> None:
    async with engine.begin() as connection:
        await journal.write(connection, leaves)


async def change(engine: AsyncEngine, statement: str, **values: object) -> None:
    async with engine.begin() as connection:
        await connection.execute(sa.text(statement), values)


async def signed_sizes(engine: AsyncEngine) -> list[int]:
    async with engine.connect() as connection:
        return list(await connection.scalars(sa.select(tables.checkpoint.c.size).order_by(tables.checkpoint.c.size)))


async def cut_back(connection: AsyncConnection, size: int) -> None:
    """Make the database what an older backup of it was."""
    await connection.execute(sa.delete(tables.entry).where(tables.entry.c.position > size))
    await connection.execute(sa.delete(tables.checkpoint).where(tables.checkpoint.c.size > size))
    rows = (
        await connection.execute(
            sa.select(tables.entry.c.partition, sa.func.max(tables.entry.c.number)).group_by(tables.entry.c.partition)
        )
    ).all()
    numbers = [0] * journal.PARTITIONS
    for partition, number in rows:
        numbers[partition] = number
    recorded = await connection.scalar(sa.select(sa.func.max(tables.entry.c.recorded_at)))
    await connection.execute(sa.update(tables.head).values(position=size, numbers=numbers, recorded_at=recorded))


async def test_new_leaves_are_signed_kept_and_published(engine: AsyncEngine, files: LogFiles) -> None:
    """A checkpoint covers all leaves; the same note stands in the database, in the file and on the stream."""
    stream, leaves = Stream(), journal.leaves(300)
    checkpointer = Checkpointer(engine, files, stream.publish)
    await write(engine, leaves)
    checkpoint = await checkpointer.sign_once()
    assert checkpoint == Checkpoint(journal.ORIGIN, 300, naive_root(merkle.leaf_hashes(leaves)))
    assert stream.notes == [files.kept()]
    assert verified(stream.notes[0], load_verifiers(files)) == checkpoint
    assert await checkpointer.sign_once() is None, "nothing new, nothing signed"


async def test_each_checkpoint_goes_on_from_the_stored_tiles(engine: AsyncEngine, files: LogFiles) -> None:
    """Signing in portions, by different replicas, gives the roots of the whole."""
    leaves = journal.leaves(1_025)
    stream, sizes = Stream(), [1, 2, 255, 256, 257, 700, 1_025]
    for before, size in zip([0, *sizes], sizes, strict=False):
        await write(engine, leaves[before:size])
        await Checkpointer(engine, files, stream.publish).sign_once()
    assert [parse(note).size for note in stream.notes] == sizes
    for note in stream.notes:
        assert parse(note).root == naive_root(merkle.leaf_hashes(leaves[: parse(note).size]))


async def test_a_thousand_leaves_are_signed_without_waiting_for_the_second(
    engine: AsyncEngine, files: LogFiles
) -> None:
    """A burst does not wait for the interval; few leaves do."""
    stream = Stream()
    checkpointer = Checkpointer(engine, files, stream.publish, interval_seconds=60)
    async with running(checkpointer):
        await write(engine, journal.leaves(1_000))
        async with asyncio.timeout(PATIENCE_S):
            while not stream.notes:
                checkpointer.wake(1_000)
                await asyncio.sleep(0.01)
    assert parse(stream.notes[-1]).size == 1_000


async def test_two_replicas_never_sign_one_size_twice(engine: AsyncEngine, files: LogFiles) -> None:
    """Replicas signing at once share the work: every size has one root."""
    stream, leaves = Stream(), journal.leaves(60)
    replicas = [Checkpointer(engine, files, stream.publish) for _ in range(2)]
    for at in range(0, 60, 5):
        await write(engine, leaves[at : at + 5])
        await asyncio.gather(*(replica.sign_once() for replica in replicas))
    await replicas[0].sign_once()
    sizes = await signed_sizes(engine)
    assert sizes[-1] == 60
    assert len({parse(note).size: parse(note).root for note in stream.notes}) == len(stream.notes) == len(sizes)


async def test_checkpoint_is_published_when_the_broker_is_back(engine: AsyncEngine, files: LogFiles) -> None:
    """A broker that is down delays the note and stops nothing."""
    stream = Stream()
    checkpointer = Checkpointer(engine, files, stream.publish)
    stream.down = True
    await write(engine, journal.leaves(3))
    assert await checkpointer.sign_once() is not None
    stream.down = False
    await checkpointer.sign_once()
    assert [parse(note).size for note in stream.notes] == [3]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE log.tile SET hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0)) WHERE level = 0 AND index = 1",
        "DELETE FROM log.tile WHERE level = 0 AND index = 1",
        "UPDATE log.checkpoint SET root = set_byte(root, 0, 255 - get_byte(root, 0))",
        "DELETE FROM log.entry WHERE position = 302",
    ],
)
async def test_a_damaged_log_is_not_signed(engine: AsyncEngine, files: LogFiles, damage: str) -> None:
    """Tiles, checkpoint and entries that do not fit together stop the signing instead of being signed over."""
    stream, leaves = Stream(), journal.leaves(310)
    checkpointer = Checkpointer(engine, files, stream.publish)
    await write(engine, leaves[:300])
    await checkpointer.sign_once()
    await write(engine, leaves[300:])
    await change(engine, damage)
    with pytest.raises(LogDamaged):
        await checkpointer.run()
    assert isinstance(checkpointer.failure, LogDamaged)
    assert len(stream.notes) == 1


async def test_an_older_backup_is_neither_written_nor_signed(engine: AsyncEngine, files: LogFiles) -> None:
    """After a restore to 20 leaves, the kept checkpoint over 30 refuses the start and the signing."""
    stream, leaves = Stream(), journal.leaves(30)
    checkpointer = Checkpointer(engine, files, stream.publish)
    for size in (20, 30):
        await write(engine, leaves[size - 20 if size == 20 else 20 : size])
        await checkpointer.sign_once()
    await check_not_behind(engine, files, notes=stream.notes)
    async with engine.begin() as connection:
        await cut_back(connection, 20)
    with pytest.raises(LogBehind, match="30 leaves"):
        await check_not_behind(engine, files)
    await write(engine, journal.leaves(25, branch_after=20)[20:])
    with pytest.raises(LogBehind):
        await checkpointer.sign_once()
    await write(engine, journal.leaves(40, branch_after=20)[25:])
    with pytest.raises(LogForked, match="30 leaves"):
        await check_not_behind(engine, files)
    with pytest.raises(LogForked, match="30 leaves"):
        await checkpointer.sign_once()
    assert await signed_sizes(engine) == [20]


async def test_published_checkpoint_and_stream_tail_reveal_a_backup_without_the_kept_file(
    engine: AsyncEngine, files: LogFiles
) -> None:
    """When the file was restored with the database, the stream still knows more."""
    stream, leaves = Stream(), journal.leaves(30)
    checkpointer = Checkpointer(engine, files, stream.publish)
    await write(engine, leaves)
    await checkpointer.sign_once()
    async with engine.connect() as connection:
        tails = dict(enumerate((await connection.execute(sa.select(tables.head.c.numbers))).scalar_one()))
    await check_not_behind(engine, files, notes=stream.notes, tails=tails)
    async with engine.begin() as connection:
        await cut_back(connection, 20)
    files.kept_checkpoint.unlink()
    await check_not_behind(engine, files)
    with pytest.raises(LogBehind, match="30 leaves"):
        await check_not_behind(engine, files, notes=stream.notes)
    with pytest.raises(LogBehind, match="partition"):
        await check_not_behind(engine, files, tails=tails)


async def test_a_strangers_checkpoint_on_the_stream_stops_nothing(engine: AsyncEngine, files: LogFiles) -> None:
    """Whoever can write to the broker cannot keep a service from starting by inventing a checkpoint."""
    await write(engine, journal.leaves(3))
    stranger = Signer.generate(journal.ORIGIN)
    forged = sign(Checkpoint(journal.ORIGIN, 999, bytes(32)), [stranger])
    await check_not_behind(engine, files, notes=[forged, "rubbish"])


async def test_an_empty_database_beside_a_kept_checkpoint_is_behind(engine: AsyncEngine, files: LogFiles) -> None:
    """A database that lost its log altogether is not taken for a new one."""
    await check_not_behind(engine, files)
    files.keep(sign(Checkpoint(journal.ORIGIN, 7, bytes(32)), load_signers(files, journal.ORIGIN)))
    with pytest.raises(LogBehind, match="no log"):
        await check_not_behind(engine, files)
    files.kept_checkpoint.unlink()
    with pytest.raises(LogBehind, match="partition 2"):
        await check_not_behind(engine, files, tails={0: 0, 2: 5})


async def test_signature_lost_between_file_and_database_is_made_good(engine: AsyncEngine, files: LogFiles) -> None:
    """A crash after the file was kept and before the commit leaves a log that goes on, over the same leaves."""
    stream, leaves = Stream(), journal.leaves(30)
    checkpointer = Checkpointer(engine, files, stream.publish)
    await write(engine, leaves[:20])
    lost = Checkpoint(journal.ORIGIN, 20, naive_root(merkle.leaf_hashes(leaves[:20])))
    files.keep(sign(lost, load_signers(files, journal.ORIGIN)))
    await check_not_behind(engine, files)
    await write(engine, leaves[20:])
    checkpoint = await checkpointer.sign_once()
    assert checkpoint is not None
    assert checkpoint.root == naive_root(merkle.leaf_hashes(leaves))


@pytest.mark.parametrize("moment", signing.MOMENTS)
async def test_kill_9_while_signing_never_makes_a_second_root(
    engine: AsyncEngine, files: LogFiles, database_url: str, moment: str
) -> None:
    """Killed at any moment between file, database and stream, the next signature goes on over the same leaves."""
    stream, leaves = Stream(), journal.leaves(30)
    await write(engine, leaves[:20])
    command = [sys.executable, "-m", "tests.log.signing", database_url, str(files.directory), moment]
    killed = await asyncio.to_thread(subprocess.run, command, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    await check_not_behind(engine, files)
    await write(engine, leaves[20:])
    checkpoint = await Checkpointer(engine, files, stream.publish).sign_once()
    assert checkpoint == Checkpoint(journal.ORIGIN, 30, naive_root(merkle.leaf_hashes(leaves)))
    async with engine.connect() as connection:
        notes = list(await connection.scalars(sa.select(tables.checkpoint.c.note)))
    for note in notes:
        assert parse(note).root == naive_root(merkle.leaf_hashes(leaves[: parse(note).size]))


async def test_both_keys_sign_while_the_key_is_changed(engine: AsyncEngine, files: LogFiles) -> None:
    """Old and new key sign the checkpoint of the change; afterwards the new one signs alone, without a restart."""
    stream, leaves = Stream(), journal.leaves(3)
    checkpointer = Checkpointer(engine, files, stream.publish)
    old = load_verifiers(files)[0]
    new = create_next_key(files, journal.ORIGIN)
    await write(engine, leaves[:2])
    await checkpointer.sign_once()
    assert verified(stream.notes[0], [old]) == verified(stream.notes[0], [new]) == parse(stream.notes[0])
    retire_present_key(files)
    await write(engine, leaves[2:])
    await checkpointer.sign_once()
    assert verified(stream.notes[1], [old]) is None
    assert verified(stream.notes[1], [new]) == parse(stream.notes[1])


def test_a_signing_key_others_can_read_is_refused(files: LogFiles) -> None:
    """A key that is not the service's alone signs nothing, and the error does not show it."""
    secret = files.key.read_text().strip()
    files.key.chmod(0o640)
    with pytest.raises(KeyProblem) as caught:
        load_signers(files, journal.ORIGIN)
    assert secret[-20:] not in str(caught.value)


def test_the_key_of_another_log_is_refused(files: LogFiles) -> None:
    """A key signs for one log only."""
    with pytest.raises(KeyProblem, match="belongs to"):
        create_log_key(files, "tanggap/test/toy/another")


def test_key_files_are_private_and_readable_again(files: LogFiles, tmp_path: Path) -> None:
    """The private file is 0600 and both files give back the same key."""
    assert files.key.stat().st_mode & 0o777 == 0o600
    signer = load_signers(files, journal.ORIGIN)[0]
    assert Verifier.parse(files.public.read_text()) == signer.verifier
    assert not [path for path in (tmp_path / "keys").iterdir() if path.name.endswith(".part")]
    assert signer.text not in repr(signer)
