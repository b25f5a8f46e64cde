"""Who is erased is gone from the database, stays gone, and is known to be gone."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit import clock
from shared.kit.database import Database
from shared.kit.decisions.keys import read_holders, write_holders
from shared.kit.decisions.types import SealedDocument, UniqueKey
from shared.kit.vault.conflicts import Conflict, keep_conflict, read_conflicts
from shared.kit.vault.documents import Content, Erased, open_document, seal_many
from shared.kit.vault.erasure import (
    destroy,
    erase_again,
    finish_erasures,
    pending_erasures,
    repeat_erasures,
    request_erasure,
)
from shared.kit.vault.erasure_list import ErasureList, ErasureRecord
from shared.kit.vault.errors import ErasureNotRequested
from shared.kit.vault.keys import VaultKeys
from shared.kit.vault.rotation import check_keys
from shared.kit.vault.store import read_documents, read_openings, write_documents
from tests.running import PATIENCE_S
from tests.vault import erasing
from tests.vault.builders import BUDI, READER, SITI, SITI_NIK, analyze, create_vault, dump, erasure_of

CONTACT: Content = {"phone": "+628110000001"}
CANARIES = frozenset({"Kanari", SITI_NIK, b"Kanari".hex(), SITI_NIK.encode().hex()})


@dataclass(frozen=True)
class Person:
    """Somebody in the vault: what stands in the database, and what must never stand there in clear."""

    subject_id: str
    sealed: tuple[SealedDocument, ...]
    key: UniqueKey
    stored: frozenset[str]
    secret: frozenset[str]

    def found_in(self, copy: str) -> list[str]:
        """Every trace of the person in a dump."""
        return sorted(trace for trace in self.stored | self.secret if trace in copy)


async def test_nothing_of_the_erased_is_left_in_a_dump(database: Database, keys: VaultKeys) -> None:
    """No plaintext, ciphertext, wrapped key, salt or digest survives, not even as a sample of the planner's.

    Another person's documents do.
    """
    siti = await register(database, keys, SITI)
    budi = await register(database, keys, BUDI)
    await analyze(database)
    before = await dump(database)
    assert siti.found_in(before) == sorted(siti.stored)
    assert await erase(database, keys, siti) == [siti.subject_id]
    after = await dump(database)
    assert siti.found_in(after) == []
    assert budi.found_in(after) == sorted(budi.stored)


async def test_readers_are_told_that_a_subject_was_erased(database: Database, keys: VaultKeys) -> None:
    """An erased person is neither empty nor missing: every way of reading says since when they are gone."""
    siti, budi = await register(database, keys, SITI), await register(database, keys, BUDI)
    record = erasure_of(siti.subject_id)
    await request(database, record)
    await finish_erasures(database, keys, partial(erasing.announce, await announcing(database)))
    asked = [budi.subject_id, siti.subject_id]
    erased = Erased(siti.subject_id, record.requested_at)
    async with database.transaction() as connection:
        found = await read_documents(connection, asked, groups=["identity"], reader=READER, keys=keys)
        openings = await read_openings(connection, siti.subject_id, groups=["identity"], reader=READER, keys=keys)
    assert found == {budi.subject_id: {"identity": BUDI}, siti.subject_id: erased}
    assert openings == erased


async def test_a_request_closes_reading_at_once(database: Database, keys: VaultKeys) -> None:
    """Between request and destruction nobody reads: the person does not wait for a worker."""
    siti = await register(database, keys, SITI)
    record = erasure_of(siti.subject_id)
    await request(database, record)
    async with database.transaction() as connection:
        await keep_conflict(
            connection, keys, Conflict(clock.new_id(), "post-1", "k", clock.now(), siti.subject_id, b"x")
        )
        found = await read_documents(connection, [siti.subject_id], groups=["identity"], reader=READER, keys=keys)
        assert await read_conflicts(connection, reader=READER, keys=keys) == []
        assert await pending_erasures(connection) == [record]
    assert found == {siti.subject_id: Erased(siti.subject_id, record.requested_at)}


async def test_nobody_erases_alone(database: Database) -> None:
    """The database itself refuses an erasure approved by the person who requested it."""
    alone = ErasureRecord(clock.new_id(), clock.now(), requested_by="person-1", approved_by="person-1")
    with pytest.raises(DBAPIError, match="erasure_four_eyes"):
        await request(database, alone)


async def test_nothing_is_destroyed_that_was_not_requested(database: Database, keys: VaultKeys) -> None:
    """Destruction without a request is refused, and takes nobody else along."""
    siti, budi = await register(database, keys, SITI), await register(database, keys, BUDI)
    await request(database, erasure_of(siti.subject_id))
    with pytest.raises(ErasureNotRequested):
        async with database.transaction() as connection:
            await destroy(connection, [siti.subject_id, budi.subject_id])
    copy = await dump(database)
    assert siti.found_in(copy) == sorted(siti.stored)
    assert budi.found_in(copy) == sorted(budi.stored)


async def test_a_late_report_does_not_bring_the_erased_back(database: Database, keys: VaultKeys) -> None:
    """A post that sends two days late, or a replay, writes nothing of an erased person; others' documents stay."""
    siti = await register(database, keys, SITI)
    await erase(database, keys, siti)
    again = await register(database, keys, SITI, siti.subject_id)
    budi = await register(database, keys, BUDI)
    copy = await dump(database)
    assert again.found_in(copy) == []
    async with database.transaction() as connection:
        assert await read_holders(connection, [siti.key, budi.key]) == {budi.key: budi.subject_id}


async def test_a_registration_on_its_way_is_destroyed_too(database: Database, keys: VaultKeys) -> None:
    """Destruction waits for transactions that write the person and began before the request was known."""
    subject_id = clock.new_id()
    person = sealed_person(keys, SITI, subject_id)
    async with database.engine.connect() as writer:
        await write(writer, keys, person)
        await request(database, erasure_of(subject_id))
        announce = partial(erasing.announce, await announcing(database))
        erasure = asyncio.create_task(finish_erasures(database, keys, announce))
        await until_waiting(database, "vault.document")
        await writer.commit()
    await erasure
    copy = await dump(database)
    assert person.found_in(copy) == []


async def test_erasing_and_registering_at_once_never_block_each_other_for_good(
    database: Database, keys: VaultKeys
) -> None:
    """Batches of registrations and erasures take the tables in one order: no deadlock, nobody else lost."""
    kept: dict[str, Content] = {}

    async def register_some(serial: str) -> None:
        for number in range(25):
            content = {**BUDI, "nik": f"6206011101{serial}{number:04}"}
            kept[(await register(database, keys, content)).subject_id] = content

    async def erase_some() -> None:
        for _ in range(10):
            await erase(database, keys, await register(database, keys, SITI))

    await asyncio.gather(register_some("85"), erase_some(), register_some("86"))
    async with database.transaction() as connection:
        found = await read_documents(connection, list(kept), groups=["identity"], reader=READER, keys=keys)
    assert found == {subject_id: {"identity": content} for subject_id, content in kept.items()}
    copy = await dump(database)
    assert len(kept) == 50
    assert SITI_NIK not in copy


@pytest.mark.parametrize("step", erasing.STEPS)
async def test_a_kill_at_any_step_ends_in_erased_and_announced_once(
    database: Database, keys: VaultKeys, database_url: str, step: str
) -> None:
    """Wherever the process dies, the subject stays unreadable and the next round finishes the erasure."""
    siti = await register(database, keys, SITI)
    record = erasure_of(siti.subject_id)
    await request(database, record)
    await announcing(database)
    assert await killed(database_url, keys.folder, step)
    async with database.transaction() as connection:
        found = await read_documents(connection, [siti.subject_id], groups=["identity"], reader=READER, keys=keys)
        assert found == {siti.subject_id: Erased(siti.subject_id, record.requested_at)}
        assert await pending_erasures(connection) == [record]

    assert await finish_erasures(database, keys, partial(erasing.announce, database)) == [record]
    assert await finish_erasures(database, keys, partial(erasing.announce, database)) == []
    assert ErasureList(keys.folder).read() == [record]
    copy = await dump(database)
    assert siti.found_in(copy) == []
    async with database.transaction() as connection:
        announced = await connection.scalars(sa.text("SELECT subject_id FROM public.announced"))
    assert list(announced) == [siti.subject_id]


async def test_an_announcement_that_fails_leaves_the_erasure_pending(database: Database, keys: VaultKeys) -> None:
    """If the completion could not be logged it is logged later, and the documents are gone all the same."""
    siti = await register(database, keys, SITI)
    await request(database, erasure_of(siti.subject_id))

    async def fail(_: ErasureRecord) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await finish_erasures(database, keys, fail)
    copy = await dump(database)
    assert siti.found_in(copy) == []
    announced = await finish_erasures(database, keys, partial(erasing.announce, await announcing(database)))
    assert [record.subject_id for record in announced] == [siti.subject_id]


async def test_a_restored_backup_is_erased_again_before_it_serves(
    database: Database, keys: VaultKeys, make_database: Callable[[], str]
) -> None:
    """An older backup knows nothing of the erasure; the list beside the keys does."""
    restored = Database(make_database())
    await create_vault(restored)
    async with restored.transaction() as connection:
        await check_keys(connection, keys)
    siti, budi = sealed_person(keys, SITI, clock.new_id()), sealed_person(keys, BUDI, clock.new_id())
    for copy_of in (database, restored):
        async with copy_of.transaction() as connection:
            await write(connection, keys, siti)
            await write(connection, keys, budi)
    await erase(database, keys, siti)

    assert await repeat_erasures(restored, keys) == 1
    assert await repeat_erasures(restored, keys) == 0
    copy = await dump(restored)
    assert siti.found_in(copy) == []
    async with restored.transaction() as connection:
        asked = [siti.subject_id, budi.subject_id]
        found = await read_documents(connection, asked, groups=["identity"], reader=READER, keys=keys)
        assert isinstance(found[siti.subject_id], Erased)
        assert found[budi.subject_id] == {"identity": BUDI}
        assert await pending_erasures(connection) == []
    await restored.close()


async def test_a_restore_that_knows_the_erasure_but_has_the_documents_again_is_found(
    database: Database, keys: VaultKeys
) -> None:
    """Restoring one table alone brings documents back past every trigger; the start removes them."""
    siti = await register(database, keys, SITI)
    await erase(database, keys, siti)
    async with database.transaction() as connection:
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        await write(connection, keys, siti)
    assert await repeat_erasures(database, keys) == 1
    copy = await dump(database)
    assert siti.found_in(copy) == []


async def test_an_erasure_that_only_the_log_remembers_is_repeated(database: Database, keys: VaultKeys) -> None:
    """If the list was lost with the machine, the service gives what its own log says."""
    siti = await register(database, keys, SITI)
    async with database.transaction() as connection:
        assert await erase_again(connection, [erasure_of(siti.subject_id)]) == 1
    copy = await dump(database)
    assert siti.found_in(copy) == []


def test_a_torn_line_costs_no_other_erasure(tmp_path: Path) -> None:
    """A power cut in the middle of a line loses that line only, and the next append starts a whole one."""
    kept = ErasureList(tmp_path)
    assert kept.read() == []
    first, second, third = (erasure_of(clock.new_id()) for _ in range(3))
    kept.add([first])
    kept.add([second])
    assert (tmp_path / "vault.erased").stat().st_mode & 0o777 == 0o600
    whole = (tmp_path / "vault.erased").read_bytes()
    for cut in range(len(whole) // 2 + 1, len(whole)):
        (tmp_path / "vault.erased").write_bytes(whole[:cut])
        assert kept.read() == [first]
        kept.add([third])
        assert kept.read() == [first, third]
    kept.add([third, first])
    assert kept.read() == [first, third]


async def register(database: Database, keys: VaultKeys, content: Content, subject_id: str = "") -> Person:
    person = sealed_person(keys, content, subject_id or clock.new_id())
    async with database.transaction() as connection:
        await write(connection, keys, person)
    return person


def sealed_person(keys: VaultKeys, content: Content, subject_id: str) -> Person:
    groups = [(subject_id, "identity", content), (subject_id, "contact", CONTACT)]
    sealed = tuple(document for document, _ in seal_many(keys, groups))
    key = keys.digest("nik", str(content["nik"]))
    stored = [part for one in sealed for part in (one.wrapped_key, one.ciphertext)]
    salts = [open_document(keys, one).salt for one in sealed]
    return Person(subject_id, sealed, key, _hex(*stored, key.digest), CANARIES | _hex(*salts))


def _hex(*values: bytes) -> frozenset[str]:
    return frozenset(value.hex() for value in values)


async def write(connection: AsyncConnection, keys: VaultKeys, person: Person) -> None:
    """Write as a batch does: documents, then unique keys that are free; and a letter kept for review."""
    await write_documents(connection, person.sealed)
    if person.key not in await read_holders(connection, [person.key]):
        await write_holders(connection, {person.key: person.subject_id})
    letter = Conflict(clock.new_id(), "post-1", "k-1", clock.now(), person.subject_id, b"Kanari")
    await keep_conflict(connection, keys, letter)


async def request(database: Database, record: ErasureRecord) -> None:
    async with database.transaction() as connection:
        await request_erasure(connection, record)
        await request_erasure(connection, record)


async def announcing(database: Database) -> Database:
    async with database.transaction() as connection:
        await connection.execute(sa.text("CREATE TABLE IF NOT EXISTS public.announced (subject_id text PRIMARY KEY)"))
    return database


async def erase(database: Database, keys: VaultKeys, person: Person) -> list[str]:
    await request(database, erasure_of(person.subject_id))
    done = await finish_erasures(database, keys, partial(erasing.announce, await announcing(database)))
    return [record.subject_id for record in done]


async def killed(url: str, folder: Path, step: str) -> bool:
    """Run a round in a process that dies at `step`; whether it did."""
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    arguments = ("-m", "tests.vault.erasing", url, str(folder), step)
    child = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=root, env=environment)
    return await asyncio.wait_for(child.wait(), 60) == -signal.SIGKILL


async def until_waiting(database: Database, table: str) -> None:
    """Return once a transaction waits for a lock on a table."""
    waiting = sa.text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = CAST(:t AS regclass))")
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with database.transaction() as connection:
                if await connection.scalar(waiting, {"t": table}):
                    return
            await asyncio.sleep(0.01)
