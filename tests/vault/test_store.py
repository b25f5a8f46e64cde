"""Documents are kept with their transaction, and nobody reads one without a record."""

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from shared.kit import clock
from shared.kit.database import Database, wants_rerun
from shared.kit.decisions.types import SealedDocument
from shared.kit.vault.conflicts import Conflict, drop_conflicts, keep_conflict, read_conflicts
from shared.kit.vault.documents import Content, seal, seal_many
from shared.kit.vault.errors import DocumentUnreadable, SubjectMalformed
from shared.kit.vault.keys import VaultKeys
from shared.kit.vault.store import Reader, read_documents, read_openings, write_documents
from shared.kit.vault.tables import access
from tests.running import PATIENCE_S
from tests.vault.builders import BUDI, READER, SITI, SITI_NIK, dump


async def test_documents_are_read_as_they_were_written(database: Database, keys: VaultKeys) -> None:
    """Every subject asked for stands in the answer, with the groups that were asked for and collected."""
    siti, budi, nobody = clock.new_id(), clock.new_id(), clock.new_id()
    contact = {"phone": "+628110000001"}
    await keep(database, keys, (siti, "identity", SITI), (siti, "contact", contact), (budi, "identity", BUDI))
    async with database.transaction() as connection:
        found = await read_documents(
            connection, [budi, nobody, siti], groups=["identity", "contact"], reader=READER, keys=keys
        )
    assert found == {budi: {"identity": BUDI}, nobody: {}, siti: {"identity": SITI, "contact": contact}}


async def test_a_group_not_asked_for_is_not_shown(database: Database, keys: VaultKeys) -> None:
    """Who asks for names does not learn who is pregnant."""
    siti = clock.new_id()
    await keep(database, keys, (siti, "identity", SITI), (siti, "vulnerability", {"groups": ["pregnant"]}))
    async with database.transaction() as connection:
        found = await read_documents(connection, [siti], groups=["identity"], reader=READER, keys=keys)
    assert found == {siti: {"identity": SITI}}


async def test_a_correction_becomes_the_next_version_and_is_the_one_read(database: Database, keys: VaultKeys) -> None:
    """Ordinary readers see the corrected name; the earlier one stays for the commitments of earlier events."""
    siti = clock.new_id()
    first, second, third = ({**SITI, "name": name} for name in ("Sitti", "Siti K.", "Siti Kanarimawati"))
    commitments = await keep(database, keys, (siti, "identity", first))
    commitments += await keep(database, keys, (siti, "identity", second), (siti, "identity", third))
    async with database.transaction() as connection:
        found = await read_documents(connection, [siti], groups=["identity"], reader=READER, keys=keys)
        openings = await read_openings(connection, siti, groups=["identity"], reader=READER, keys=keys)
    assert found == {siti: {"identity": third}}
    assert isinstance(openings, dict)
    assert [opening.version for opening in openings["identity"]] == [1, 2, 3]
    assert [opening.document for opening in openings["identity"]] == [first, second, third]
    assert [opening.commitment for opening in openings["identity"]] == commitments


async def test_documents_of_a_batch_that_fails_are_not_kept(database: Database, keys: VaultKeys) -> None:
    """A registration that was rolled back leaves no personal data behind."""
    siti = clock.new_id()
    async with database.engine.connect() as connection:
        await write_documents(connection, [seal(keys, siti, "identity", SITI)[0]])
        await connection.rollback()
    async with database.transaction() as connection:
        assert await read_documents(connection, [siti], groups=["identity"], reader=READER, keys=keys) == {siti: {}}


async def test_two_corrections_at_once_become_two_versions(database: Database, keys: VaultKeys) -> None:
    """The later of two racing corrections is told to run again, and then follows the earlier one."""
    siti = clock.new_id()
    first, second = (seal(keys, siti, "identity", {**SITI, "name": name})[0] for name in ("A", "B"))
    async with database.transaction() as early:
        await write_documents(early, [first])
        late = asyncio.create_task(write_alone(database, second))
        await until_someone_waits(database)
    with pytest.raises(DBAPIError) as lost:
        await late
    assert wants_rerun(lost.value)
    await write_alone(database, second)
    async with database.transaction() as connection:
        openings = await read_openings(connection, siti, groups=["identity"], reader=READER, keys=keys)
    assert isinstance(openings, dict)
    assert [opening.document["name"] for opening in openings["identity"]] == ["A", "B"]


async def test_every_read_leaves_a_record_of_who_and_why(database: Database, keys: VaultKeys) -> None:
    """A person may ask who saw their data: reads that found nothing are told as well."""
    siti, nobody = clock.new_id(), clock.new_id()
    await keep(database, keys, (siti, "identity", SITI))
    before = clock.now()
    async with database.transaction() as connection:
        await read_documents(connection, [siti, nobody], groups=["identity", "contact"], reader=READER, keys=keys)
        await read_openings(connection, siti, groups=["identity"], reader=auditor(), keys=keys)
        rows = (await connection.execute(sa.select(access).order_by(access.c.id))).all()
    seen = [(row.actor, row.role, row.purpose, row.request_id, str(row.subject_id), row.field_groups) for row in rows]
    assert seen == [
        ("officer-7", "aid_officer", "verify_claim", "r-1", siti, ["identity", "contact"]),
        ("officer-7", "aid_officer", "verify_claim", "r-1", nobody, ["identity", "contact"]),
        ("auditor-1", "auditor", "lawful_opening", "r-2", siti, ["identity"]),
    ]
    assert all(before <= row.at <= clock.now() for row in rows)


async def test_nothing_is_read_where_the_record_cannot_be_written(database: Database, keys: VaultKeys) -> None:
    """No record, no document: in a read-only transaction, or with a purpose that is free text, the read fails."""
    siti = clock.new_id()
    await keep(database, keys, (siti, "identity", SITI))
    async with database.reading() as connection:
        with pytest.raises(DBAPIError, match="read-only"):
            await read_documents(connection, [siti], groups=["identity"], reader=READER, keys=keys)
    talkative = Reader("officer-7", "aid_officer", "because Siti asked me", "r-1")
    with pytest.raises(DBAPIError, match="access_purpose_is_a_word"):
        async with database.transaction() as connection:
            await read_documents(connection, [siti], groups=["identity"], reader=talkative, keys=keys)


@pytest.mark.parametrize(
    "change", ["UPDATE vault.access SET actor = 'x'", "DELETE FROM vault.access", "TRUNCATE vault.access"]
)
async def test_an_access_record_cannot_be_changed_or_removed(database: Database, keys: VaultKeys, change: str) -> None:
    """Who looked cannot unlook."""
    async with database.transaction() as connection:
        await read_documents(connection, [clock.new_id()], groups=["identity"], reader=READER, keys=keys)
    with pytest.raises(DBAPIError, match="insert-only"):
        async with database.transaction() as connection:
            await connection.execute(sa.text(change))


async def test_a_row_moved_to_another_subject_is_noticed(database: Database, keys: VaultKeys) -> None:
    """Whoever swaps identities in the database by hand is found at the next read, which shows nothing."""
    siti, budi = clock.new_id(), clock.new_id()
    await keep(database, keys, (siti, "identity", SITI), (budi, "identity", BUDI))
    async with database.transaction() as connection:
        await connection.execute(
            sa.text("DELETE FROM vault.document WHERE subject_id = CAST(:id AS uuid)"), {"id": siti}
        )
        move = sa.text("UPDATE vault.document SET subject_id = CAST(:to AS uuid)")
        await connection.execute(move, {"to": siti})
    with pytest.raises(DocumentUnreadable):
        async with database.transaction() as connection:
            await read_documents(connection, [siti], groups=["identity"], reader=READER, keys=keys)


async def test_a_read_by_something_other_than_a_subject_id_is_refused(database: Database, keys: VaultKeys) -> None:
    """A NIK typed where an id belongs reaches neither the database nor its access records."""
    async with database.transaction() as connection:
        with pytest.raises(SubjectMalformed):
            await read_documents(connection, [SITI_NIK], groups=["identity"], reader=READER, keys=keys)
    assert SITI_NIK not in await dump(database)


async def test_a_dump_shows_nothing_of_anybody(database: Database, keys: VaultKeys) -> None:
    """A stolen dump without the key file holds no name and no number."""
    siti = clock.new_id()
    await keep(database, keys, (siti, "identity", SITI))
    async with database.transaction() as connection:
        await keep_conflict(connection, keys, conflict_about(siti))
    copy = await dump(database)
    assert siti in copy
    for canary in ("Kanarimawati", SITI_NIK, b"Kanarimawati".hex(), SITI_NIK.encode().hex()):
        assert canary not in copy


async def test_content_under_a_reused_key_is_kept_for_review(database: Database, keys: VaultKeys) -> None:
    """A report under a key used before is not thrown away: somebody with the role can read it, and that is recorded."""
    siti = clock.new_id()
    about_siti, about_nobody = conflict_about(siti), conflict_about(None)
    async with database.transaction() as connection:
        for found in (about_siti, about_nobody, about_siti):
            await keep_conflict(connection, keys, found)
    async with database.transaction() as connection:
        pages = await read_conflicts(connection, reader=READER, keys=keys)
        rest = await read_conflicts(connection, reader=READER, keys=keys, after=pages[0].id)
        recorded = (await connection.execute(sa.select(access))).all()
    assert pages == [about_siti, about_nobody]
    assert rest == [about_nobody]
    assert [(str(row.subject_id), row.field_groups) for row in recorded] == [(siti, ["reused_key"])]


async def test_reviewed_content_is_dropped_after_its_time(database: Database, keys: VaultKeys) -> None:
    """What was kept for review is not kept for ever."""
    old, new = conflict_about(None), conflict_about(None)
    async with database.transaction() as connection:
        await keep_conflict(connection, keys, old)
        await connection.execute(sa.text("UPDATE vault.conflict SET received_at = received_at - interval '91 days'"))
        await keep_conflict(connection, keys, new)
        assert await drop_conflicts(connection) == 1
        assert await read_conflicts(connection, reader=READER, keys=keys) == [new]


def auditor() -> Reader:
    return Reader("auditor-1", "auditor", "lawful_opening", "r-2")


def conflict_about(subject_id: str | None) -> Conflict:
    return Conflict(clock.new_id(), "post-1", "k-1", clock.now(), subject_id, b'{"name":"Siti Kanarimawati"}')


async def keep(database: Database, keys: VaultKeys, *groups: tuple[str, str, Content]) -> list[str]:
    sealed = seal_many(keys, groups)
    async with database.transaction() as connection:
        await write_documents(connection, [document for document, _ in sealed])
    return [commitment for _, commitment in sealed]


async def write_alone(database: Database, sealed: SealedDocument) -> None:
    async with database.transaction() as connection:
        await write_documents(connection, [sealed])


async def until_someone_waits(database: Database) -> None:
    """Return once a transaction waits for another's lock."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with database.transaction() as connection:
                if await connection.scalar(sa.text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")):
                    return
            await asyncio.sleep(0.01)
